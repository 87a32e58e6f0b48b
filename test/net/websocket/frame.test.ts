import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { NetError } from '../../../src/lib/net/net-error.ts'
import { encodeFrame, type Frame, FrameReader, opcodes } from '../../../src/lib/net/websocket/frame.ts'
import { type Message, MessageReader } from '../../../src/lib/net/websocket/message-reader.ts'
import { frameOf } from '../../probe/websocket-server.ts'

/** Everything that is read of bytes that come in these pieces, or how it was refused. */
function read(pieces: readonly Uint8Array[]): readonly Message[] | string {
  const frames = new FrameReader(1024)
  const messages = new MessageReader()
  const all: Message[] = []
  try {
    for (const piece of pieces) {
      frames.push(piece)
      for (let frame = frames.next(); frame; frame = frames.next()) all.push(...[messages.add(frame) ?? []].flat())
    }
    return all
  } catch (error) {
    if (!(error instanceof NetError)) throw error
    return error.message
  }
}

const cut = (bytes: Uint8Array, length: number): Uint8Array[] =>
  Array.from({ length: Math.ceil(bytes.length / length) }, (_, at) => bytes.subarray(at * length, (at + 1) * length))

test('any bytes are read or refused in the same way however they are cut', () => {
  const frame = fc.tuple(fc.constantFrom(0x01, 0x81, 0x80, 0x00, 0x82, 0x88, 0x89, 0x8a), fc.uint8Array({ maxLength: 140 }))
  const framed = fc
    .array(frame, { maxLength: 6 })
    .map(all => Buffer.concat(all.map(([first, payload]) => frameOf(first, payload))))
  const bytes = fc.oneof(framed, fc.uint8Array({ maxLength: 200 }))
  fc.assert(
    fc.property(bytes, fc.integer({ min: 1, max: 7 }), (all, length) => {
      const whole = read([all])
      const pieces = read(cut(all, length))
      // What was read before something is refused is read in any case.
      expect(pieces).toEqual(whole)
    }),
  )
})

test('a text in any pieces is put together', () => {
  const texts = fc.array(fc.string({ unit: 'grapheme', maxLength: 40 }), { minLength: 1, maxLength: 5 })
  fc.assert(
    fc.property(texts, fc.integer({ min: 1, max: 9 }), (all, length) => {
      const bytes = all.flatMap(text => {
        const pieces = cut(Buffer.from(text), length)
        return pieces.length === 0
          ? [frameOf(0x81, '')]
          : pieces.map((piece, at) => frameOf((at === 0 ? 1 : 0) | (at === pieces.length - 1 ? 0x80 : 0), piece))
      })
      expect(read(bytes)).toEqual(all.map(text => ({ kind: 'text', text: Buffer.from(text).toString() })))
    }),
  )
})

/** As a server reads the frames of a client (RFC 6455, section 5.3). */
function unmasked(bytes: Buffer): { readonly first: number; readonly payload: Buffer } {
  const short = (bytes[1] ?? 0) & 0x7f
  const from = short < 126 ? 2 : short === 126 ? 4 : 10
  const mask = bytes.subarray(from, from + 4)
  const payload = bytes.subarray(from + 4).map((byte, at) => byte ^ (mask[at % 4] ?? 0))
  expect((bytes[1] ?? 0) & 0x80).toBe(0x80)
  return { first: bytes[0] ?? 0, payload: Buffer.from(payload) }
}

test('what we send is masked, and whole when the mask is taken off', () => {
  const payload = fc.oneof(
    fc.uint8Array({ maxLength: 130 }),
    fc.constantFrom(65_535, 65_536, 70_000).map(length => new Uint8Array(length)),
  )
  fc.assert(
    fc.property(payload, fc.uint8Array({ minLength: 4, maxLength: 4 }), (bytes, mask) => {
      const frame: Frame = { final: true, opcode: opcodes.text, payload: Buffer.from(bytes) }
      const read = unmasked(encodeFrame(frame, mask))
      expect(read.first).toBe(0x81)
      expect(read.payload.equals(Buffer.from(bytes))).toBe(true)
    }),
  )
})

import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { frameBytes, type TapFrame, takeFrame } from '../../../src/lib/logs/tap/tap-frame.ts'
import { ByteQueue } from '../../../src/lib/net/byte-queue.ts'

const frames: fc.Arbitrary<{ readonly frame: TapFrame; readonly records: Buffer }> = fc.oneof(
  fc.constantFrom<TapFrame>({ kind: 'begun' }, { kind: 'ended' }, { kind: 'missed', slow: 3, rate: 0 }).map(frame => ({
    frame,
    records: Buffer.alloc(0),
  })),
  fc
    .record({ source: fc.string(), stream: fc.string({ unit: 'binary' }), bytes: fc.uint8Array({ maxLength: 300 }) })
    .map(({ source, stream, bytes }) => ({
      frame: { kind: 'records' as const, source, stream: stream.toWellFormed(), bytes: bytes.length },
      records: Buffer.from(bytes),
    })),
)

test('frames come out as they went in, in whatever pieces they come', () => {
  fc.assert(
    fc.property(
      fc.array(frames, { maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }),
      (sent, sizes) => {
        const bytes = Buffer.concat(sent.map(({ frame, records }) => frameBytes(frame, records)))
        const queue = new ByteQueue()
        const came = []
        for (let at = 0, piece = 0; at < bytes.length; piece++) {
          const size = sizes[piece % sizes.length] ?? 1
          queue.push(bytes.subarray(at, at + size))
          at += size
          for (let next = takeFrame(queue); next !== undefined; next = takeFrame(queue)) came.push(next)
        }
        expect(came).toEqual(sent)
        expect(queue.length).toBe(0)
      },
    ),
  )
})

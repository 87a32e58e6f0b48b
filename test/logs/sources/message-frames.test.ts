import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { MessageFrames } from '../../../src/lib/logs/sources/syslog/message-frames.ts'

interface Read {
  readonly frames: (string | [string, number])[]
  readonly unfinished: number
  readonly error?: string
}

function read(pieces: Iterable<Uint8Array>, maxBytes = 100): Read {
  const framer = new MessageFrames(maxBytes)
  const frames: Read['frames'] = []
  const take = (found: Iterable<{ readonly bytes: Uint8Array; readonly cutFrom?: number }>): void => {
    for (const { bytes, cutFrom } of found) {
      const text = Buffer.from(bytes).toString('latin1')
      frames.push(cutFrom === undefined ? text : [text, cutFrom])
    }
  }
  try {
    for (const piece of pieces) take(framer.add(piece))
    const { unfinished } = framer
    take(framer.end())
    return { frames, unfinished }
  } catch (error) {
    return { frames, unfinished: framer.unfinished, error: String(error) }
  }
}

const bytesOf = (text: string): Uint8Array => Buffer.from(text, 'latin1')

describe('messages over a connection', () => {
  test.each([
    ['lines', '<13>one\n<13>two\n', ['<13>one', '<13>two'], 0],
    ['a last line without its end', '<13>one\n<13>tw', ['<13>one', '<13>tw'], 6],
    ['counted messages', '7 <13>one11 <13>two\nrow', ['<13>one', '<13>two\nrow'], 0],
    ['a counted message that is not whole', '7 <13>one9 <13>', ['<13>one'], 6],
    ['a count that is not whole', '7 <13>one1', ['<13>one'], 1],
    ['a counted message of nothing', '3 <1>0 3 <2>', ['<1>', '', '<2>'], 0],
    ['lines that begin with a digit behind the first', '<13>one\n12 two\n', ['<13>one', '12 two'], 0],
    ['a line that is too long', `${'x'.repeat(150)}\nshort\n`, [['x'.repeat(100), 150], 'short'], 0],
    ['a counted message that is too long', `150 ${'x'.repeat(150)}5 short`, [['x'.repeat(100), 150], 'short'], 0],
  ] as const)('are told apart: %s', (_, text, frames, unfinished) => {
    const whole = bytesOf(text)
    const expected = { frames: frames.map(each => (typeof each === 'string' ? each : [...each])), unfinished }
    expect(read([whole])).toEqual(expected as Read)
    expect(read([...whole].map(byte => Uint8Array.of(byte)))).toEqual(expected as Read)
  })

  test.each(['7 <13>oneX', '12345678901 x', '12x34 '])('end where no length stands: %s', text => {
    expect(read([bytesOf(text)]).error).toContain('does not begin with its length')
  })

  test('come out as they went in, however the connection cuts them', () => {
    const message = fc.string({ minLength: 1, maxLength: 60, unit: fc.constantFrom('a', '7', ' ', '<', '\n', 'ü') })
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 20 })),
        fc.boolean(),
        (texts, cuts, counts) => {
          const sent = counts ? texts : texts.map(text => `<${text.replaceAll('\n', ' ')}`)
          const whole = Buffer.concat(sent.map(text => Buffer.from(counts ? `${Buffer.byteLength(text)} ${text}` : `${text}\n`)))
          const pieces: Uint8Array[] = []
          let at = 0
          for (const cut of cuts) {
            pieces.push(whole.subarray(at, at + cut))
            at += cut
          }
          const { frames, unfinished } = read([...pieces, whole.subarray(at)], 1000)
          expect(frames.map(String)).toEqual(sent.map(text => Buffer.from(text).toString('latin1')))
          expect(unfinished).toBe(0)
        },
      ),
    )
  })
})

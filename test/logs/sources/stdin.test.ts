import { describe, expect, test } from 'bun:test'
import stdin from '../../../src/lib/logs/sources/stdin.ts'
import { Taker, type TakerOptions } from './taker.ts'

const pieces = (...texts: readonly string[]) =>
  async function* () {
    for (const text of texts) yield Buffer.from(text)
  }

async function read(texts: readonly string[], options: TakerOptions = {}): Promise<Taker> {
  const taker = new Taker(stdin.build({}), { stdin: pieces(...texts), ...options })
  await taker.ended
  return taker
}

describe('the source stdin', () => {
  test('gives whole lines of what comes in pieces, the last without its end too, and ends', async () => {
    const { lines, told, memory } = await read(['one\ntw', 'o\n', '', 'thr', 'ee'])
    expect(lines).toEqual(['one', 'two', 'three'])
    expect(told.map(({ kind }) => kind)).toEqual(['end'])
    expect(memory.streams.size).toBe(0)
  })

  test.each([
    ['cut', ['short', '0123456789', 'end'], []],
    ['split', ['short', '0123456789', '0123456789', 'tail', 'end'], []],
    ['skip', ['short', 'end'], [25]],
  ] as const)('does with long lines what is said: %s', async (longLines, lines, lost) => {
    for (const texts of [
      ['short\n01234567890123456789tail\nend\n'],
      ['short\n0123', '4567890123456', '789tai', 'l\nen', 'd\n'],
    ]) {
      const taker = await read(texts, { framing: { maxLineBytes: 10, longLines } })
      expect(taker.lines).toEqual([...lines])
      expect(taker.told.flatMap(event => (event.kind === 'gap' ? [event.bytes ?? 0] : []))).toEqual([...lost])
    }
  })

  test('leaves out a mark of byte order, and reads UTF-16 by it', async () => {
    expect((await read(['\uFEFFone\n'])).lines).toEqual(['one'])
    const utf16 = Buffer.from('\uFEFFöne\ntwo', 'utf16le')
    const taker = new Taker(stdin.build({}), {
      stdin: async function* () {
        for (const byte of utf16) yield Buffer.of(byte)
      },
    })
    await taker.ended
    expect(taker.lines).toEqual(['öne', 'two'])
  })

  test('passes on at once the shortest line there is', async () => {
    const more = Promise.withResolvers<void>()
    const taker = new Taker(stdin.build({}), {
      stdin: async function* () {
        yield Buffer.from('a\n')
        await more.promise
      },
    })
    await taker.until('it came', ({ lines }) => lines.length === 1)
    more.resolve()
    await taker.ended
  })

  test('ends the streams that an earlier process left', async () => {
    const { memory } = await read([])
    await memory.begin({ kind: 'stdin' }, 'stdin')
    const { told, lines } = await read(['x\n'], { memory })
    expect(told.map(({ kind }) => kind)).toEqual(['end', 'end'])
    expect(lines).toEqual(['x'])
  })

  test('reads no further while nobody takes what came', async () => {
    const gate = Promise.withResolvers<void>()
    let given = 0
    const taker = new Taker(stdin.build({}), {
      stdin: async function* () {
        for (; given < 100; given++) yield Buffer.from(`${'x'.repeat(262_143)}\n`)
      },
      takes: () => gate.promise,
    })
    await taker.until('something came', ({ lines }) => lines.length > 0)
    const turns = Array.from({ length: 200 })
    for (const _ of turns) await new Promise(resolve => setImmediate(resolve))
    expect(given).toBeLessThan(20)
    gate.resolve()
    await taker.ended
    expect(taker.lines.length).toBe(100)
  }, 60_000)
})

import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { batches } from '../../../src/lib/logs/sources/batches.ts'
import { ChunkSource } from '../../../src/lib/logs/sources/byte-source.ts'
import type { LineLimit } from '../../../src/lib/logs/sources/long-lines.ts'

const wide: LineLimit = { maxLineBytes: 1024 * 1024, longLines: 'cut' }

async function* inPieces(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1
    yield bytes.subarray(at, at + size)
    at += size
  }
}

async function all(bytes: Uint8Array, limit: LineLimit, sizes: readonly number[] = [65_536]) {
  const found: { text: string; from: number; to: number; cutFrom?: number }[] = []
  for await (const { bytes: lines, origin, cutFrom } of batches(new ChunkSource(inPieces(bytes, sizes)), {
    name: 'a.log',
    limit,
  })) {
    const { from, to } = origin
    found.push({ text: Buffer.from(lines).toString('latin1'), from, to, ...(cutFrom !== undefined && { cutFrom }) })
  }
  return found
}

const numbered = (count: number): Buffer => Buffer.from(Array.from({ length: count }, (_, index) => `line ${index}\n`).join(''))

describe('batches', () => {
  test('hold every line once, whole, whatever comes at a time, and their ranges join', async () => {
    const lines = fc.array(fc.string({ unit: fc.constantFrom('a', 'é', '\r', '\0'), maxLength: 12 }), { maxLength: 30 })
    await fc.assert(
      fc.asyncProperty(
        lines,
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
        fc.boolean(),
        async (texts, sizes, ends) => {
          const bytes = Buffer.from(texts.join('\n') + (ends && texts.length > 0 ? '\n' : ''))
          const found = await all(bytes, wide, sizes)
          const text = found.map(each => each.text).join('')
          expect(text).toBe(
            bytes.length === 0 || bytes.at(-1) === 10 ? bytes.toString('latin1') : `${bytes.toString('latin1')}\n`,
          )
          expect([0, ...found.map(each => each.to)]).toEqual([...found.map(each => each.from), bytes.length])
        },
      ),
    )
  })

  test('go over the end of a block', async () => {
    const bytes = numbered(400_000)
    const found = await all(bytes, wide, [300_000])
    expect(found.map(each => each.text).join('')).toBe(bytes.toString('latin1'))
    expect(found.at(-1)?.to).toBe(bytes.length)
  })
})

describe('a line that is too long', () => {
  const limit = (maxLineBytes: number, longLines: LineLimit['longLines'] = 'cut'): LineLimit => ({ maxLineBytes, longLines })

  test('is cut, with its length, and the lines about it stay', async () => {
    expect(await all(Buffer.from('one\n1234567\ntwo\n'), limit(5))).toEqual([
      { text: 'one\n', from: 0, to: 4 },
      { text: '12345\n', from: 4, to: 12, cutFrom: 7 },
      { text: 'two\n', from: 12, to: 16 },
    ])
  })

  test('is not cut when it just fits', async () => {
    expect(await all(Buffer.from('12345\n12345'), limit(5))).toEqual([
      { text: '12345\n', from: 0, to: 6 },
      { text: '12345\n', from: 6, to: 11 },
    ])
  })

  test('is split into lines, none with half a character', async () => {
    expect(await all(Buffer.from('abéé\nx\n'), limit(3, 'split'))).toEqual([
      { text: 'ab\n', from: 0, to: 2 },
      { text: `${Buffer.from('é').toString('latin1')}\n`, from: 2, to: 4 },
      { text: `${Buffer.from('é').toString('latin1')}\n`, from: 4, to: 7 },
      { text: 'x\n', from: 7, to: 9 },
    ])
  })

  test.each([1024 * 1024, 2 * 1024 * 1024])('is cut when it is longer than memory holds of %p bytes', async max => {
    const long = Buffer.alloc(5_000_000, 'x')
    const found = await all(Buffer.concat([Buffer.from('a\n'), long, Buffer.from('\nb\n')]), limit(max))
    expect(found.map(({ text, ...each }) => ({ ...each, length: text.length }))).toEqual([
      { length: 2, from: 0, to: 2 },
      { length: max + 1, from: 2, to: 5_000_003, cutFrom: 5_000_000 },
      { length: 2, from: 5_000_003, to: 5_000_005 },
    ])
    expect((await all(long, limit(max)))[0]).toMatchObject({ from: 0, to: 5_000_000, cutFrom: 5_000_000 })
    const split = await all(long, limit(max, 'split'))
    expect(split.map(each => each.text.length - 1).reduce((sum, each) => sum + each)).toBe(5_000_000)
    expect(Math.max(...split.map(each => each.text.length - 1))).toBe(max)
    expect(split.at(-1)?.to).toBe(5_000_000)
  })
})

import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Framing, Multiline, TextEncoding } from '../../../src/lib/core/log-source.ts'
import { parsePattern } from '../../../src/lib/core/pattern.ts'
import { encodingOf } from '../../../src/lib/logs/sources/framing/encoding.ts'
import { Framer } from '../../../src/lib/logs/sources/framing/framer.ts'
import { lineJudge } from '../../../src/lib/logs/sources/framing/line-judge.ts'

interface Framed {
  readonly text: string
  readonly from: number
  readonly to: number
  readonly cutFrom?: number
  readonly events?: string[]
}

/** What comes of bytes that are shown through windows of some sizes, as a file that grows is. */
function framed(
  raw: Uint8Array,
  framing: Partial<Framing> = {},
  { room = 4096, sizes = [4096] }: { readonly room?: number; readonly sizes?: readonly number[] } = {},
): Framed[] {
  const whole: Framing = { maxLineBytes: 1000, longLines: 'cut', ...framing }
  const framer = new Framer(whole, encodingOf(framing.encoding, raw).encoding)
  const found: Framed[] = []
  let at = 0
  let there = 0
  for (let turn = 0; ; turn++) {
    there = Math.min(raw.length, there + (sizes[turn % sizes.length] ?? 1))
    const place = at + framer.taken
    const window = raw.subarray(place, Math.min(there, place + room))
    const isLast = place + window.length === raw.length
    const before = at
    for (const { length, bytes, cutFrom, ends } of framer.pieces({ raw: window, isFull: window.length === room, isLast })) {
      const text = Buffer.from(bytes ?? []).toString()
      const events =
        ends &&
        [...ends].map((end, index) =>
          Buffer.from(bytes ?? [])
            .subarray(ends[index - 1] ?? 0, end)
            .toString(),
        )
      found.push({ text, from: at, to: at + length, ...(cutFrom !== undefined && { cutFrom }), ...(events && { events }) })
      at += length
    }
    if (isLast && place + window.length === raw.length && (at === raw.length || before === at)) return found
  }
}

const event = (by: Multiline['by'], more: Partial<Multiline> = {}): Partial<Framing> => ({
  multiline: { by, maxLines: 500, timeoutMs: 1000, ...more },
})
const starting = (text: string): Multiline['by'] => ({ line: 'start', pattern: parsePattern(text) })

describe('lines', () => {
  test('are whole and join, whatever is there at a time', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: fc.constantFrom('a', 'é', '文', '😀'), maxLength: 12 }), { maxLength: 20 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
        fc.constantFrom<TextEncoding[]>('utf-8', 'utf-16le', 'utf-16be'),
        (texts, sizes, encoding) => {
          const text = texts.join('\n')
          const raw = encoding === 'utf-8' ? Buffer.from(text) : Buffer.from(text, 'utf16le')
          if (encoding === 'utf-16be') raw.swap16()
          const found = framed(raw, { encoding, maxLineBytes: 60 }, { room: 64, sizes })
          expect(found.map(each => each.text).join('')).toBe(text === '' || text.endsWith('\n') ? text : `${text}\n`)
          expect([0, ...found.map(({ to }) => to)]).toEqual([...found.map(({ from }) => from), raw.length])
        },
      ),
    )
  })

  test.each<[TextEncoding, number[], string]>([
    ['latin1', [0xe9, 0x80, 10, 0x61], 'é\u0080\na\n'],
    ['gb18030', [0xc4, 0xe3, 0x81, 0x30, 0x81, 0x30, 10, 0x61, 10], '你\u0080\na\n'],
  ])('are read out of %s', (encoding, raw, text) => {
    const found = framed(Uint8Array.from(raw), { encoding })
    expect(found.map(each => each.text).join('')).toBe(text)
    expect(found.at(-1)?.to).toBe(raw.length)
  })

  test.each([
    ['\ufeffa', 'utf-16le', 2],
    ['a', 'utf-8', 0],
  ] as const)('%j begins as %s', (text, name, markBytes) => {
    const head = name === 'utf-8' ? Buffer.from(text) : Buffer.from(text, 'utf16le')
    const found = encodingOf(undefined, head)
    expect({ name: found.encoding.name, markBytes: found.markBytes }).toEqual({ name, markBytes })
  })
})

describe('a line that is too long', () => {
  const long = 'x'.repeat(250)
  test.each(['cut', 'split', 'skip'] as const)('is treated as said, %s, in whatever windows it comes', longLines => {
    const raw = Buffer.from(`one\n${long}\ntwo\n`)
    const small = framed(raw, { longLines, maxLineBytes: 20 }, { room: 24, sizes: [24] })
    const large = framed(raw, { longLines, maxLineBytes: 20 })
    expect(small.map(({ text }) => text).join('')).toBe(large.map(({ text }) => text).join(''))
    expect(small.at(-1)?.to).toBe(raw.length)
    const expected = {
      cut: [{ text: `${'x'.repeat(20)}\n`, from: 4, to: 255, cutFrom: 250 }],
      skip: [{ text: '', from: 4, to: 255 }],
      split: Array.from({ length: 13 }, (_, index) => ({
        text: `${'x'.repeat(index === 12 ? 10 : 20)}\n`,
        from: 4 + 20 * index,
        to: index === 12 ? 255 : 24 + 20 * index,
      })),
    }
    expect(large).toEqual([{ text: 'one\n', from: 0, to: 4 }, ...expected[longLines], { text: 'two\n', from: 255, to: 259 }])
  })

  test.each<[TextEncoding, string]>([
    ['utf-8', 'é'],
    ['utf-16le', '😀'],
    ['gb18030', '你'],
  ])('is never cut within a character of %s', (encoding, char) => {
    const raw =
      encoding === 'gb18030'
        ? Buffer.concat([Buffer.alloc(1, 'a'), ...Array.from({ length: 50 }, () => Buffer.from([0xc4, 0xe3]))])
        : Buffer.from(`a${char.repeat(50)}`, encoding === 'utf-8' ? 'utf8' : 'utf16le')
    for (let maxLineBytes = 4; maxLineBytes < 12; maxLineBytes++) {
      const text = framed(raw, { encoding, maxLineBytes, longLines: 'split' }).map(each => each.text.slice(0, -1))
      expect(text.join('')).toBe(`a${char.repeat(50)}`)
    }
  })
})

describe('events of several lines', () => {
  const trace = '2024 one\n  at a\n  at b\n2024 two\n2024 three\n  at c\n'
  const events = ['2024 one\n  at a\n  at b\n', '2024 two\n', '2024 three\n  at c\n']
  test.each<[string, Multiline['by']]>([
    ['lines that begin one', starting('^\\d{4} ')],
    ['lines that begin one, in an expression that is not simple', starting('(?i)^\\d+ (one|two|three)')],
    ['lines that go on', { line: 'continue', pattern: parsePattern('^\\s+at ') }],
    ['indented lines', { line: 'indented' }],
  ])('are told by %s, in whatever windows they come', (_, by) => {
    for (const sizes of [[4096], [1], [7, 3]]) {
      const found = framed(Buffer.from(trace), event(by), { sizes })
      expect(found.flatMap(each => each.events ?? [])).toEqual(events)
      expect(found.map(each => each.text).join('')).toBe(trace)
    }
  })

  test('are told by lines that end one', () => {
    const found = framed(Buffer.from('a\nb;\nc;\nd'), event({ line: 'end', pattern: parsePattern(';$') }), { sizes: [1] })
    expect(found.flatMap(each => each.events ?? [])).toEqual(['a\nb;\n', 'c;\n', 'd\n'])
  })

  test('are several when they are of more lines or bytes than they may be', () => {
    const text = `start\n${'on\n'.repeat(7)}`
    const few = framed(Buffer.from(text), event(starting('^start'), { maxLines: 3 }))
    expect(few.flatMap(each => each.events ?? [])).toEqual(['start\non\non\n', 'on\non\non\n', 'on\non\n'])
    const small = framed(Buffer.from(text), { ...event(starting('^start')), maxLineBytes: 12 }, { room: 16 })
    expect(small.flatMap(each => each.events ?? [])).toEqual(['start\non\non\n', 'on\non\non\non\n', 'on\n'])
  })

  test('of UTF-16 are counted in its bytes', () => {
    const found = framed(Buffer.from(trace, 'utf16le'), { ...event(starting('^\\d{4} ')), encoding: 'utf-16le' }, { sizes: [31] })
    expect(found.flatMap(each => each.events ?? [])).toEqual(events)
    expect(found.at(-1)?.to).toBe(2 * trace.length)
  })

  test('begin with the same lines by the quick form of an expression as by the exact one', () => {
    const texts = ['^\\d{4}-\\d{2}', '^[A-Z]{3} ', '^\\[\\d{1}', '^E', '^ab c', '^\\w{3}:', '^[a-c ,]{2}\\.']
    const line = fc.string({
      unit: fc.constantFrom('2', '0', '-', 'A', 'E', ' ', '[', 'a', 'b', 'c', ':', '.', 'é'),
      maxLength: 9,
    })
    fc.assert(
      fc.property(fc.constantFrom(...texts), line, (text, subject) => {
        const pattern = parsePattern(text)
        const found = lineJudge({ line: 'start', pattern }).begins(Buffer.from(subject))
        expect(found).toBe(pattern.find(subject) !== undefined)
      }),
      { numRuns: 2000 },
    )
  })
})

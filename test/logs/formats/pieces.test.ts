import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { formatOf } from '../../../src/lib/logs/formats/known-formats.ts'
import { piecesFrom } from '../../../src/lib/logs/formats/pieces.ts'
import { RecordBuffer } from '../../../src/lib/logs/record-buffer.ts'
import { Tally } from '../../../src/lib/logs/tally.ts'

const time = '2024-03-09T06:05:01.123456789Z'

interface Written {
  readonly stream: string
  readonly text: string
  readonly isWhole: boolean
}

/** As a runtime writes it. */
const writers: Readonly<Record<string, (line: Written) => string>> = {
  cri: ({ stream, text, isWhole }) => `${time} ${stream} ${isWhole ? 'F' : 'P'} ${text}\n`,
  docker: ({ stream, text, isWhole }) => `${JSON.stringify({ log: isWhole ? `${text}\n` : text, stream, time })}\n`,
}

/** What a reader makes of lines that come so many bytes at a time, whole lines each. */
function read(format: string, parts: readonly string[]) {
  const reader = formatOf(format)?.open()
  const [records, tally] = [new RecordBuffer({ whole: true }), new Tally()]
  for (const part of parts) for (const _ of reader?.read(Buffer.from(part), { records, tally }) ?? []);
  reader?.finish?.({ records, tally })
  const lines = Buffer.from(records.take()).toString().split('\n').slice(0, -1)
  return { records: lines.map(line => JSON.parse(line)), tally }
}

const piece = (text: string, stream = 'stdout'): Written => ({ stream, text, isWhole: false })
const last = (text: string, stream = 'stdout'): Written => ({ stream, text, isWhole: true })

describe.each(Object.entries(writers))('pieces of %s', (format, write) => {
  test('become the line that they were, of each stream its own', () => {
    const lines = [piece('be'), last('oops', 'stderr'), piece('gi'), last('n'), last('next')]
    const { records, tally } = read(format, [lines.map(write).join('')])
    expect(records).toEqual([
      { time, stream: 'stderr', message: 'oops' },
      { time, stream: 'stdout', message: 'begin' },
      { time, stream: 'stdout', message: 'next' },
    ])
    expect(tally).toMatchObject({ lines: 5, records: 3, continued: 2 })
  })

  test('are joined over what is read at a time, and partial where nothing follows', () => {
    const { records } = read(format, [write(piece('be')), write(last('gin')), write(piece('ha')), write(piece('lf'))])
    expect(records).toEqual([
      { time, stream: 'stdout', message: 'begin' },
      { time, stream: 'stdout', message: 'half', partial: true },
    ])
  })

  test('are not joined without end', () => {
    const lines = Array.from({ length: 100 }, () => write(piece('x'.repeat(16_384))))
    const { records } = read(format, [...lines, write(last('end'))])
    expect(records.length).toBe(2)
    expect(records[0].message.length).toBe(1024 * 1024)
    expect(records.map(({ partial }) => partial)).toEqual([true, undefined])
  })

  test('whose rest is still to come are told from what is whole', () => {
    const at = (lines: readonly Written[]): number => {
      const written = lines.map(write)
      const held = Buffer.from(written.join(''))
        .subarray(piecesFrom(Buffer.from(written.join(''))))
        .toString()
      return held.split('\n').length - 1
    }
    expect(at([last('a'), last('b')])).toBe(0)
    expect(at([last('a'), piece('b')])).toBe(1)
    expect(at([last('a'), piece('b'), last('c', 'stderr')])).toBe(2)
    expect(at([piece('a'), last('b'), piece('c', 'stderr'), piece('d', 'stderr')])).toBe(2)
    expect(at([piece('a'), piece('b')])).toBe(2)
  })

  test('are together wherever lines are cut, so long as what is held comes with what follows', () => {
    const texts = fc.constantFrom('', 'a', 'é\\', '"', 'n\\n', 'P x', '{"log":"', '文')
    const line = fc.record({ stream: fc.constantFrom('stdout', 'stderr'), text: texts, isWhole: fc.boolean() })
    fc.assert(
      fc.property(fc.array(fc.array(line, { maxLength: 6 }), { maxLength: 8 }), turns => {
        const all = turns.flat().map(write).join('')
        const found: unknown[] = []
        let held = ''
        for (const turn of turns) {
          const bytes = Buffer.from(held + turn.map(write).join(''))
          const from = piecesFrom(bytes)
          found.push(...read(format, [bytes.subarray(0, from).toString()]).records)
          held = bytes.subarray(from).toString()
        }
        found.push(...read(format, [held]).records)
        expect(found).toEqual(read(format, [all]).records)
      }),
    )
  })
})

test('lines of other formats are never held', () => {
  for (const line of ['', 'P', '{"log":"x"}', '{"log":"x', `${time} stdout Q x`, 'a'.repeat(300)])
    expect(piecesFrom(Buffer.from(`${line}\n`))).toBe(line.length + 1)
  expect(piecesFrom(new Uint8Array())).toBe(0)
})

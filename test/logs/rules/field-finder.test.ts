import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Json } from '../../../src/lib/core/json.ts'
import { FieldFinder } from '../../../src/lib/logs/rules/line/field-finder.ts'
import { MomentReader } from '../../../src/lib/logs/rules/line/moment.ts'
import { FieldNames, RecordLine } from '../../../src/lib/logs/rules/line/record-line.ts'

const names = ['status', 'time', 'http.status', 'http', 'a', 'a.b.c', 'é', 'x"y', 'st']

/** Likely to be mistaken for what is looked for. */
const key = fc.oneof(
  fc.constantFrom(...names, 'statu', 'b', 'c', 'b.c', '"status', 'status":', '\\status', ''),
  fc.string({ maxLength: 6 }),
)
const text = fc.oneof(
  fc.constantFrom('"status":5', '\\', '\\"', ',"status":503', '{"a":', '}', '5xx'),
  fc.string({ unit: 'binary', maxLength: 12 }),
)
const { value } = fc.letrec<{ value: Json }>(tie => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.oneof(text, fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean(), fc.constant(null)),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.array(fc.tuple(key, tie('value')), { maxLength: 4 }).map(Object.fromEntries),
  ),
}))

/** JSON as others write it: blanks, doubled keys, escapes where none are needed. */
const written = fc
  .tuple(
    fc.array(fc.tuple(key, value, fc.boolean(), fc.constantFrom('', ' ', '\t', ' \t')), { maxLength: 8 }),
    fc.constantFrom('', ' '),
  )
  .map(([members, blank]) => {
    const inner = members.map(([name, each, escapes, gap]) => {
      const quoted = escapes
        ? `"${[...Array(name.length).keys()].map(at => escaped(name.charCodeAt(at))).join('')}"`
        : JSON.stringify(name)
      return `${gap}${quoted}${gap}:${gap}${JSON.stringify(each, null, blank === '' ? 0 : 1).replaceAll('\n', ' ')}${gap}`
    })
    return `${blank}{${inner.join(',')}${blank}}${blank}`
  })

const escaped = (unit: number): string => `\\u${unit.toString(16).padStart(4, '0')}`

/** What is meant, by JSON.parse. */
function expected(record: Json, name: string): Json | undefined {
  if (typeof record !== 'object' || record === null || Array.isArray(record)) return undefined
  if (Object.hasOwn(record, name)) return (record as Record<string, Json>)[name]
  const dot = name.indexOf('.')
  if (dot < 0 || !Object.hasOwn(record, name.slice(0, dot))) return undefined
  return expected((record as Record<string, Json>)[name.slice(0, dot)] ?? null, name.slice(dot + 1))
}

describe('a field is found in the bytes of a record', () => {
  test('as JSON.parse would find it, whatever is written how', () => {
    fc.assert(
      fc.property(fc.array(written, { minLength: 1, maxLength: 4 }), lines => {
        const line = new RecordLine(names)
        line.open(new Uint8Array(Buffer.from(lines.map(each => `${each}\n`).join(''))))
        let at = 0
        for (const each of lines) {
          at = line.go(at)
          expect(line.json).toBe(Buffer.from(each).toString())
          const record = JSON.parse(each)
          for (const [field, name] of names.entries()) {
            const found = line.start(field) < 0 ? undefined : Buffer.from(line.bytes.subarray(line.start(field), line.end(field)))
            expect(found === undefined ? undefined : JSON.parse(found.toString())).toEqual(expected(record, name) as never)
          }
        }
        expect(at).toBe(line.bytes.length)
      }),
      { numRuns: 2000 },
    )
  })

  test.each([
    ['{"status":502}', '502', 502],
    ['{"status":"502"}', '502', 502],
    ['{"status":5.25}', '5.25', 5.25],
    ['{"status":0.1}', '0.1', 0.1],
    ['{"status":"."}', '.', Number.NaN],
    ['{"status":"5."}', '5.', 5],
    ['{"status":"1.2.3"}', '1.2.3', Number.NaN],
    ['{"status":-1e3}', '-1e3', -1000],
    ['{"status":"a\\"b"}', 'a"b', Number.NaN],
    ['{"status":""}', '', Number.NaN],
    ['{"status":null}', undefined, Number.NaN],
    ['{}', undefined, Number.NaN],
    ['{"status":[1]}', '[1]', Number.NaN],
    ['{"status":12345678901234567890}', '12345678901234567890', 1.2345678901234567e19],
  ])('%s is %p as text', (json, told, number) => {
    const fields = new FieldNames()
    const status = fields.of('status')
    const line = new RecordLine(fields.all)
    line.open(new Uint8Array(Buffer.from(`${json}\n`)))
    line.go(0)
    expect(line.text(status)).toBe(told as never)
    expect(line.number(status)).toBe(number)
  })

  test('is the number that JSON.parse reads', () => {
    const line = new RecordLine(['n'])
    fc.assert(
      fc.property(
        fc.oneof(
          fc.double({ noNaN: true, noDefaultInfinity: true }),
          fc.integer(),
          fc.integer().map(n => n / 1000),
        ),
        n => {
          line.open(new Uint8Array(Buffer.from(`${JSON.stringify({ n })}\n`)))
          line.go(0)
          expect(line.number(0)).toBe(JSON.parse(JSON.stringify(n)))
        },
      ),
      { numRuns: 2000 },
    )
  })

  test('ends where bytes that are no JSON end', () => {
    for (const json of ['{"status', '{"status":', '{"a":{"b":[', '', 'x', '{"a":"\\']) {
      expect(new FieldFinder(['status']).find(new Uint8Array(Buffer.from(json)), 0)).toBeGreaterThanOrEqual(0)
    }
  })
})

describe('the time of a record', () => {
  const read = (json: string): number => new MomentReader().read(new Uint8Array(Buffer.from(json)), 0, Buffer.byteLength(json))

  test('is the moment that Date.parse reads', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date(0), max: new Date('2099-12-31'), noInvalidDate: true }),
        fc.integer({ min: -839, max: 839 }),
        fc.constantFrom(0, 1, 3),
        (date, zone, digits) => {
          const local = new Date(date.getTime() + zone * 60_000).toISOString().slice(0, 19)
          const two = (value: number): string => String(value).padStart(2, '0')
          const minutes = Math.abs(zone)
          const offset = zone === 0 ? 'Z' : `${zone < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
          const told = `${local}${digits === 0 ? '' : `.${'123'.slice(0, digits)}`}${offset}`
          expect(read(JSON.stringify(told))).toBe(Date.parse(told))
        },
      ),
    )
  })

  test.each([
    ['1700000000', 1_700_000_000_000],
    ['1700000000.25', 1_700_000_000_250],
    ['1700000000250', 1_700_000_000_250],
    ['"2024-03-09T07:05:01.123456789+01:00"', Date.parse('2024-03-09T06:05:01.123Z')],
    ['"yesterday"', Number.NaN],
    ['"2024-03-09T07:05:01"', Number.NaN],
    ['"2024-03-09T07:05"', Number.NaN],
    ['null', Number.NaN],
    ['true', Number.NaN],
    ['{"a":1}', Number.NaN],
  ])('%s is %p', (json, moment) => expect(read(json)).toBe(moment))
})

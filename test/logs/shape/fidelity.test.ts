import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { Draft } from '../../../src/lib/logs/shape/draft.ts'
import { fieldPath } from '../../../src/lib/logs/shape/field-path.ts'
import { knownPatterns, maskPattern } from '../../../src/lib/logs/shape/mask/known-patterns.ts'
import { linesOf, origin, recordsOf, shaperOf } from './shaped.ts'

/** Texts of JSON as others write them: with spaces, escapes, numbers of any length, and the same name twice. */
const space = fc.constantFrom('', ' ', '\t', '  ')
const name = fc.constantFrom('a', 'b', 'a.b', 'message', 'é', '\\u0061', '\\"', '__proto__', 'x\\\\')
const scalar = fc.oneof(
  fc.string({ unit: 'grapheme' }).map(text => JSON.stringify(text)),
  fc.constantFrom('1.0', '-0', '1e400', '12345678901234567890', 'true', 'null', '"\\u0040\\/"', '"\\\\"', '"ann@shop.example"'),
)
const { value } = fc.letrec<{ value: string; list: string; object: string }>(tie => ({
  value: fc.oneof({ maxDepth: 2 }, scalar, tie('list'), tie('object')),
  list: fc.array(tie('value'), { maxLength: 3 }).map(values => `[${values.join(' , ')}]`),
  object: objectOf(tie('value')),
}))

function objectOf(inner: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const member = fc.tuple(name, space, space, inner, space).map(([key, a, b, json, c]) => `${a}"${key}"${b}:${a}${json}${c}`)
  return fc.array(member, { maxLength: 5 }).map(members => `{${members.join(',')}}`)
}

const record = objectOf(value)

test('a record reads as JSON.parse reads it, one after the other', () => {
  const draft = new Draft()
  fc.assert(
    fc.property(record, line => {
      const expected: Record<string, unknown> = JSON.parse(line)
      draft.begin(line)
      expect([...draft.names].sort()).toEqual(Object.keys(expected).sort())
      for (const key of draft.names) expect(JSON.parse(draft.member(key) ?? '')).toEqual(expected[key])
    }),
  )
})

test('what is set, renamed and deleted is so, and nothing else', () => {
  const draft = new Draft()
  const change = fc.tuple(fc.constantFrom('set', 'rename', 'delete'), fc.constantFrom('a', 'b', 'message', 'new'), scalar)
  fc.assert(
    fc.property(record, fc.array(change, { maxLength: 4 }), (line, changes) => {
      const expected = new Map<string, unknown>(Object.entries(JSON.parse(line)))
      draft.begin(line)
      for (const [what, key, json] of changes) {
        if (what === 'set') {
          draft.setMember(key, json)
          expected.set(key, JSON.parse(json))
        } else if (what === 'delete') {
          draft.delete(fieldPath(key))
          expected.delete(key)
        } else if (expected.has(key)) {
          draft.rename(fieldPath(key), fieldPath('to'))
          expected.set('to', expected.get(key))
          expected.delete(key)
        }
      }
      expect(Object.entries(JSON.parse(draft.text)).sort()).toEqual([...expected].sort())
    }),
  )
})

test('records that no step changes stay byte by byte as they came, whatever the chunking', async () => {
  const shaper = await shaperOf(
    'shape: [{ mask: { patterns: [email] } }, { rename: { none: x } }, { number: [b] }, { filter: "!has(gone)" }, { time: { formats: [unix_ms] } }]',
  )
  await fc.assert(
    fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 20 }), fc.integer({ min: 1, max: 20 }), async (lines, size) => {
      const whole = linesOf(shaper.shape(recordsOf(lines), origin).records)
      const pieces = Array.from({ length: Math.ceil(lines.length / size) }, (_, at) => lines.slice(at * size, (at + 1) * size))
      expect(pieces.flatMap(piece => linesOf(shaper.shape(recordsOf(piece), origin).records))).toEqual(whole)
      const untouched = lines.filter(line => !/@|\\u0040|"(?:b|\\u0062)"/.test(line))
      for (const line of untouched) expect(whole).toContain(line)
    }),
  )
})

test('no text makes a pattern that is known slow', () => {
  const hostile = [
    'a',
    '1',
    '1 ',
    '1.',
    'eyJ',
    'eyJaaaaa.',
    'a@',
    'a@a.',
    '://a:',
    'token=',
    'bearer ',
    '-----BEGIN PRIVATE KEY-----',
    'AKIA',
    'secret',
  ]
  for (const name of knownPatterns) {
    const pattern = maskPattern(name)
    for (const piece of hostile) {
      const text = piece.repeat(200_000 / piece.length)
      const before = process.cpuUsage()
      pattern.masked(text, () => '')
      expect([name, piece, process.cpuUsage(before).user < 2_000_000]).toEqual([name, piece, true])
    }
  }
}, 120_000)

import { describe, expect, test } from 'bun:test'
import { OpsError } from '../../../src/lib/core/errors.ts'
import { readFilter } from '../../../src/lib/logs/shape/index.ts'
import { linesOf, recordsOf, shaperOf, topOf } from './shaped.ts'

/** A file, and what is said of it: `line:column: problem (hint)`. */
const mistakes: readonly (readonly [text: string, problem: string])[] = [
  [
    'shape: { drop: [a] }',
    '1:8: shape must be a list, not keys and values (write `shape: [{ drop: [user] }, { mask: { patterns: [email] } }]`)',
  ],
  ['shape: [{ renam: {} }]', "1:11: there is no step 'renam' (did you mean rename?)"],
  ['shape: [{ drop: [a], keep: [b] }]', "1:22: a step has one key: 'keep' is a step of its own (begin it with a dash)"],
  ['shape: [{ drop: [] }]', '1:17: drop is an empty list (write the names of fields: [user, http.path])'],
  ['shape: [{ drop: [a..b] }]', '1:18: "a..b" can not be the name of a field (names behind dots are not empty: http.status)'],
  ['shape: [{ rename: { a: 1 } }]', '1:24: a must be the name of a field, not 1 (put it in quotes)'],
  ['shape: [{ add: { a: "${}" } }]', '1:21: ${} names no field'],
  ['shape: [{ parse: { field: m, format: jsn } }]', "1:38: format: there is no format 'jsn' (did you mean json?)"],
  ['shape: [{ parse: { field: m, format: csv } }]', '1:38: format: csv needs more than one line (name the columns: csv:a,b,c)'],
  ['shape: [{ time: { formats: [rfc333] } }]', "1:29: there is no format of times 'rfc333' (did you mean rfc3339?)"],
  [
    'shape: [{ time: { formats: ["%Q"] } }]',
    '1:29: "%Q": there is no %Q: there are %Y %y %m %b %B %d %e %H %I %p %M %S %f %z %a %A %% %T %F %D %h %R',
  ],
  [
    'shape: [{ time: { formats: [klog] } }]',
    '1:29: times of "klog" name no zone (say whose they are: `zone: UTC`, `zone: Europe/Berlin`)',
  ],
  [
    'shape: [{ time: { formats: [unix], zone: Europe/Berln } }]',
    '1:42: there is no zone "Europe/Berln" (UTC, +02:00 or a name like Europe/Berlin)',
  ],
  ['shape: [{ mask: { patterns: [emial] } }]', '1:30: there is no patterns "emial" (did you mean email?)'],
  [
    'shape: [{ mask: { fields: all } }]',
    '1:17: mask needs patterns, or fields that are masked as a whole (write `mask: { patterns: [email, card] }`, or with fields: too)',
  ],
  [
    'shape: [{ mask: { regex: "(" } }]',
    '1:26: "(" is no regular expression to mask by: error parsing regexp: missing closing ): `(` (RE2 syntax, without look-around)',
  ],
  [
    'shape: [{ mask: { regex: "a*" } }]',
    '1:26: "a*" is no regular expression to mask by: it fits a place where nothing is (RE2 syntax, without look-around)',
  ],
  [
    'shape: [{ hash: { fields: [a], key: s3cret } }]',
    '1:37: key: a secret does not stand here itself (write { file: … } or { env: … })',
  ],
  ['shape: [{ sample: 0% }]', '1:19: sample: "0%" is no share (write how much is kept: `sample: 10%`)'],
  [
    "shape: [{ filter: 'status >' }]",
    '1:19: filter: unexpected token: EOF, at column 9 (a condition in CEL over fields: status >= 500 && !has(user))',
  ],
  [
    'shape: [{ filter: \'m.matches("(")\' }]',
    '1:19: filter: error parsing regexp: missing closing ): `(` (a condition in CEL over fields: status >= 500 && !has(user))',
  ],
  ['shape: [{ filter: { wehn: "a" } }]', "1:21: unknown key 'wehn' in a filter (did you mean when?)"],
  ['schema: {}', '1:9: schema needs file: or inline: (write `schema: { file: record.schema.json, on_violation: dead }`)'],
  ['schema: { file: /nowhere/a.json }', '1:17: file: /nowhere/a.json can not be read: ENOENT'],
  [
    'schema: { inline: { type: strin } }',
    '1:19: inline: it is no JSON Schema: schema is invalid: data/type must be equal to one of the allowed values, data/type must be array, data/type must match a schema in anyOf',
  ],
  ['trace: { traceid: [a] }', "1:10: unknown key 'traceid' in trace (did you mean trace_id?)"],
  [
    'trace: 5',
    '1:8: trace must be true, or keys and values (write `trace: true`, or `trace: { trace_id: [dd.trace_id], request_id: [x-request-id] }`)',
  ],
]

describe('what a file says of shaping is refused with its place:', () => {
  test.each(mistakes)('%s', async (text, problem) => {
    const error = await shaperOf(text).then(
      () => expect.unreachable('it was taken'),
      (thrown: unknown) => (thrown instanceof OpsError ? thrown : expect.unreachable(String(thrown))),
    )
    const hint = error.hint === undefined ? '' : ` (${error.hint})`
    expect(error.message.replace('pipeline.yaml:', '') + hint).toBe(problem)
  })
})

describe('the filter of a sink', () => {
  const lines = ['{"status":500, "é": 1}', '{"status":200}', '{"other":1}', '{"status":503}']

  test('lets by what meets it, byte by byte', () => {
    const { top, problems } = topOf("when: 'status >= 500'")
    const filter = readFilter(top.child('when'))
    problems.throwAny()
    const kept = filter?.filter(recordsOf(lines))
    expect(kept && linesOf(kept)).toEqual(['{"status":500, "é": 1}', '{"status":503}'])
    expect(kept?.count).toBe(2)
  })

  test('gives the very same records where it lets all by', () => {
    const records = recordsOf(lines)
    expect(readFilter(topOf('when: "true"').top.child('when'))?.filter(records)).toBe(records)
  })
})

import { describe, expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import { parseTraceparent } from '../../../src/lib/logs/shape/trace/traceparent.ts'
import { origin, shaped } from './shaped.ts'

const id = '4bf92f3577b34da6a3ce929d0e0e4736'
const span = '00f067aa0ba902b7'
const sha = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 32)

describe('a traceparent', () => {
  test.each([
    ['of version 00', `00-${id}-${span}-01`, true],
    ['with spaces around it', ` 00-${id}-${span}-00\t`, true],
    ['of a later version, with more behind it', `cc-${id}-${span}-01-what-comes`, true],
    ['of a later version, with more that is not set off', `cc-${id}-${span}-01x`, false],
    ['of version 00 with more behind it', `00-${id}-${span}-01-x`, false],
    ['of version ff', `ff-${id}-${span}-01`, false],
    ['in capitals', `00-${id.toUpperCase()}-${span}-01`, false],
    ['with a trace of zeros', `00-${'0'.repeat(32)}-${span}-01`, false],
    ['with a span of zeros', `00-${id}-${'0'.repeat(16)}-01`, false],
    ['that is cut short', `00-${id}-${span}`, false],
    ['that is none', 'hello', false],
  ])('%s is valid: %p %p', (_, text, isValid) => {
    expect(parseTraceparent(text)).toEqual(isValid ? { traceId: id, spanId: span } : undefined)
  })
})

describe('a record has its trace', () => {
  test.each([
    ['from its own fields', `{"traceId":"${id.toUpperCase()}","spanId":"${span}"}`, { trace_id: id, span_id: span }],
    ['from a UUID', '{"trace_id":"4bf92f35-77b3-4da6-a3ce-929d0e0e4736"}', { trace_id: id }],
    ['from a nested field', `{"trace":{"id":"${id}"}}`, { trace_id: id }],
    ['from a traceparent', `{"traceparent":"00-${id}-${span}-01"}`, { trace_id: id, span_id: span }],
    ['from a traceparent in its text', `{"message":"got 00-${id}-${span}-01, ok"}`, { trace_id: id, span_id: span }],
    ['from the id of its request', '{"x-request-id":"r-7"}', { trace_id: sha('request\nr-7'), request_id: 'r-7' }],
    ['from an id of another kind', '{"trace_id":"1234"}', { trace_id: sha('request\n1234'), request_id: '1234' }],
    [
      'from where it is, without one that is not valid',
      `{"message":"00-${'0'.repeat(32)}-${span}-01"}`,
      { trace_id: sha('record\nabc:0-100\n0') },
    ],
    ['from its place', '{"message":"hello"}', { trace_id: sha('record\nabc:0-100\n0') }],
  ])('%s', async (_, record, ids) => {
    const { lines } = await shaped('trace: true', [record])
    const { trace_id, span_id, request_id } = JSON.parse(lines[0] ?? '')
    expect(JSON.parse(JSON.stringify({ trace_id, span_id, request_id }))).toEqual(ids)
  })

  test('each another, and the same again', async () => {
    const lines = ['{}', '{}', '{}']
    const [one, again] = await Promise.all([shaped('trace: true', lines), shaped('trace: true', lines)])
    expect(one.lines).toEqual(again.lines)
    expect(new Set(one.lines).size).toBe(3)
    const other = await shaped('trace: {}', lines, { ...origin, id: 'abc:100-200' })
    expect(new Set([...one.lines, ...other.lines]).size).toBe(6)
  })

  test('only where it brings one, by choice, and from the fields that are told', async () => {
    const { lines } = await shaped('trace: { create: false, trace_id: dd.id }', [
      '{"a": 1}',
      `{"dd":{"id":"${id}"}}`,
      `{"trace_id":"x"}`,
    ])
    expect(lines).toEqual(['{"a": 1}', `{"dd":{"id":"${id}"},"trace_id":"${id}"}`, '{"trace_id":"x"}'])
  })
})

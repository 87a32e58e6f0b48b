import { describe, expect, test } from 'bun:test'
import { createHmac } from 'node:crypto'
import { origin, shaped } from './shaped.ts'

const numbered = (count: number): string[] => Array.from({ length: count }, (_, n) => `{"n":${n},"trace":"t${n >> 2}"}`)

describe('a filter', () => {
  const lines = ['{"status":500}', '{"status":200}', '{"other":1}', '{"status":"x"}']

  test('leaves others out, and buries those of which it can not be said', async () => {
    const { lines: left, filtered, dead } = await shaped("shape: [{ filter: 'status >= 500' }]", lines)
    expect(left).toEqual(['{"status":500}'])
    expect(filtered).toBe(1)
    expect(dead).toEqual([
      { stage: 'filter', reason: 'unknown variable: status', record: '{"other":1}' },
      { stage: 'filter', reason: 'no such overload: dyn<string> >= int', record: '{"status":"x"}' },
    ])
  })

  test.each([
    ['keep', 3, 1],
    ['drop', 1, 3],
  ])('%ss those by choice', async (onError, count, filtered) => {
    const found = await shaped(`shape: [{ filter: { when: 'status >= 500', on_error: ${onError} } }]`, lines)
    expect({ count: found.records.count, filtered: found.filtered, dead: found.dead }).toEqual({ count, filtered, dead: [] })
  })

  test('buries nothing that a later step would have masked', async () => {
    const yaml = 'shape: [{ filter: user == 1 }, { mask: { patterns: [email] } }, { drop: [pin] }, { filter: never }]'
    const { dead } = await shaped(yaml, ['{"mail":"a@b.org","pin":1}'])
    expect(dead).toEqual([{ stage: 'filter', reason: 'unknown variable: user', record: '{"mail":"***"}' }])
  })

  test('knows numbers of all sizes, any name and the whole record', async () => {
    const yaml = `shape: [{ filter: 'id == 9007199254740993 && took * 1000 > 2 && has(user) && !has(record.x) && record["user-agent"].matches("^c.*")' }]`
    const record = '{"id":9007199254740993,"took":0.5,"user":"a","user-agent":"curl"}'
    const { lines: left, dead } = await shaped(yaml, [record, record.replace('993', '992')])
    expect({ left, dead }).toEqual({ left: [record], dead: [] })
  })
})

describe('a sample', () => {
  test('is the same for the same records, of about its size, and of each chunk another', async () => {
    const [one, again, other] = await Promise.all(
      [origin, origin, { ...origin, id: 'abc:100-200' }].map(at => shaped('shape: [{ sample: 10% }]', numbered(10_000), at)),
    )
    expect(one?.lines).toEqual(again?.lines ?? [])
    expect(one?.lines).not.toEqual(other?.lines ?? [])
    expect(one?.lines.length).toBeWithin(900, 1100)
    expect(one?.filtered).toBe(10_000 - (one?.lines.length ?? 0))
  })

  test('by a field keeps what belongs together', async () => {
    const { lines } = await shaped('shape: [{ sample: { share: 25%, by: trace } }]', numbered(8000))
    const byTrace = Map.groupBy(lines, line => JSON.parse(line).trace)
    expect([...byTrace.values()].every(group => group.length === 4)).toBe(true)
    expect(byTrace.size).toBeWithin(400, 600)
  })
})

test('a hash is HMAC-SHA256 with the key that is told', async () => {
  const { lines } = await shaped('shape: [{ hash: { fields: [user, id], key: { file: /k } } }]', ['{"user":"a\\u0041","id":7}'])
  const hash = (text: string): string => createHmac('sha256', 'the secret that stands in /k').update(text).digest('hex')
  expect(lines).toEqual([`{"user":"${hash('aA')}","id":"${hash('7')}"}`])
})

test.each([
  ['parse', '{ field: m, format: json, on_error: dead }', 'm is not JSON'],
  ['time', '{ field: m, formats: [clf], on_error: dead }', 'm is no such time'],
])('%s buries what it can not read where it is told to', async (step, params, reason) => {
  const { dead, records } = await shaped(`shape: [{ ${step}: ${params} }]`, ['{"m":"x"}'])
  expect({ dead, count: records.count }).toEqual({ dead: [{ stage: step, reason, record: '{"m":"x"}' }], count: 0 })
})

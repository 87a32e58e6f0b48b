import { describe, expect, test } from 'bun:test'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { linesOf, origin, recordsOf, shaped, shaperOf } from './shaped.ts'

const schema = {
  type: 'object',
  required: ['status'],
  properties: { status: { type: 'integer', maximum: 599 }, level: { enum: ['info', 'error'] }, ids: { uniqueItems: true } },
  additionalProperties: false,
}
const lines = ['{"status":200}', '{"status":"x"}', '{"status":"y"}', '{}', '{"status":1,"odd":1}', '{"status":1,"ids":[1,2,1]}']
const inline = (more = ''): string => `schema: { inline: ${JSON.stringify(schema)}${more} }`

describe('a schema', () => {
  test('buries what is against it, with reasons that are few', async () => {
    const { lines: left, dead } = await shaped(inline(), lines)
    expect(left).toEqual(['{"status":200}'])
    expect(dead.map(({ stage, reason, record }) => `${stage}: ${reason} ${record}`)).toEqual([
      'schema: #/properties/status/type: must be integer {"status":"x"}',
      'schema: #/properties/status/type: must be integer {"status":"y"}',
      "schema: #/required: must have required property 'status' {}",
      'schema: #/additionalProperties: must NOT have additional properties {"status":1,"odd":1}',
      'schema: #/properties/ids/uniqueItems: must NOT have duplicate items {"status":1,"ids":[1,2,1]}',
    ])
  })

  test('marks what is against it by choice', async () => {
    const { lines: left, dead } = await shaped(inline(', on_violation: mark'), lines.slice(0, 2))
    expect(left).toEqual(['{"status":200}', '{"status":"x","schema_error":"/status must be integer"}'])
    expect(dead).toEqual([])
  })

  test('drops it by choice', async () => {
    const { records, filtered, dead } = await shaped(inline(', on_violation: drop'), lines)
    expect({ count: records.count, filtered, dead }).toEqual({ count: 1, filtered: 5, dead: [] })
  })

  test.each([
    ['json', JSON.stringify(schema)],
    ['yaml', 'type: object\nrequired: [status]\n'],
  ])('is read from a file of %s', async (type, text) => {
    const cwd = mkdtempSync(join(tmpdir(), 'opsctl-schema-'))
    writeFileSync(join(cwd, `a.${type}`), text)
    const { records, dead } = (await shaperOf(`schema: { file: a.${type} }`, cwd)).shape(
      recordsOf(['{}', '{"status":1}']),
      origin,
    )
    expect(linesOf(records)).toEqual(['{"status":1}'])
    expect(dead).toHaveLength(1)
  })
})

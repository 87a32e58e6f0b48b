import { describe, expect, test } from 'bun:test'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseYamlDocument } from '../../../src/lib/config/yaml-document.ts'
import type { Json } from '../../../src/lib/core/json.ts'
import { changeSchema } from '../../../src/lib/exec/change/schema.ts'
import { needs } from '../../helpers/needs.ts'
import { fakeComponents } from './fake-components.ts'

const data = join(import.meta.dirname, 'data')
const yamlOf = (file: string): unknown => parseYamlDocument(readFileSync(join(data, file), 'utf8'), file).value

const good = yamlOf('good.yaml') as readonly { is: string; text: string }[]
/** Mistakes that a schema can see. */
const bad = [
  'name-missing',
  'name-number',
  'unknown-key',
  'targets-empty-list',
  'waves-empty',
  'waves-word',
  'waves-negative',
  'waves-label-without-value',
  'pause-list',
  'rollback-slip',
  'steps-missing',
  'steps-empty',
  'step-without-kind',
  'step-unknown-kind',
  'step-two-kinds',
  'step-unknown-key',
  'step-rollback-of-file',
  'step-on',
  'params-unknown',
  'params-missing',
  'params-wrong-value',
  'id-with-slash',
  'handler-without-on',
  'handler-on-empty',
  'check-unknown',
  'check-two-in-one',
  'check-empty-entry',
  'check-wrong-param',
  'source-where-none-is-taken',
]

const hasValidator = needs('jsonschema')

describe.skipIf(!hasValidator)('the JSON Schema, as Python reads it,', () => {
  const values = [
    ...good.map(({ text }) => parseYamlDocument(text, 'change.yaml').value),
    ...bad.map(file => yamlOf(`bad/${file}.yaml`)),
  ]
  const [own, ...verdicts] = hasValidator ? judged(changeSchema(fakeComponents), values) : []

  test('is one', () => expect(own).toEqual([]))

  test.each(good.map(({ is }, index) => [is, index] as const))('allows %s', (_, index) => {
    expect(verdicts[index]).toEqual([])
  })

  test.each(bad.map((file, index) => [file, good.length + index] as const))('refuses %s', (_, index) => {
    expect(verdicts[index]).not.toEqual([])
  })
})

/** What is wrong with the schema itself, then with each value. */
function judged(schema: Json, values: readonly unknown[]): readonly (readonly string[])[] {
  const program = `
import json, sys
from jsonschema import Draft202012Validator as V
given = json.load(sys.stdin)
own = [e.message for e in V(V.META_SCHEMA).iter_errors(given["schema"])]
judge = V(given["schema"])
print(json.dumps([own] + [[e.message for e in judge.iter_errors(value)] for value in given["values"]]))`
  const { stdout } = spawnSync('python3', ['-c', program], {
    input: JSON.stringify({ schema, values }),
    encoding: 'utf8',
    timeout: 30_000,
  })
  return JSON.parse(stdout)
}

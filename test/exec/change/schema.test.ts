import { describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseYamlDocument } from '../../../src/lib/config/yaml-document.ts'
import { changeSchema } from '../../../src/lib/exec/change/schema.ts'
import { needs } from '../../helpers/needs.ts'
import { fakeComponents } from './fake-components.ts'
import { judged } from './judged.ts'

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

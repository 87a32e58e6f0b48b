import { describe, expect, test } from 'bun:test'
import { parse } from 'yaml'
import type { Report } from '../../src/lib/core/report.ts'
import json from '../../src/lib/render/json.ts'
import ndjson from '../../src/lib/render/ndjson.ts'
import { reportSchema } from '../../src/lib/render/report-schema.ts'
import yaml from '../../src/lib/render/yaml.ts'
import { outputs, reports } from '../golden/reports.ts'
import { misfits } from './json-schema.ts'
import { textOf } from './memory-outputs.ts'

const env = outputs.env()
const all = Object.entries(reports)
const sample = (name: string): Report => {
  const report = reports[name]
  if (report === undefined) throw new Error(`no sample report ${name}`)
  return report
}

describe('json', () => {
  for (const [name, report] of all) {
    test(`${name} is what the schema says, to the last key`, async () => {
      expect(misfits(JSON.parse(await textOf(json.build({}).render(report, env))), reportSchema)).toEqual([])
    })
  }

  test('a document that is wrong does not fit the schema', async () => {
    const document = JSON.parse(await textOf(json.build({}).render(sample('every-reason'), env)))
    const wrong = [
      { ...document, version: 2 },
      { ...document, items: [{ ...document.items[0], outcome: 'fine' }] },
      { ...document, items: [{ ...document.items[0], hosts: [] }] },
      { ...document, omitted: -1 },
      { ...document, startedAt: '22.11.2026' },
      { ...document, counts: undefined },
    ]
    for (const one of wrong) expect(misfits(JSON.parse(JSON.stringify(one)), reportSchema)).toHaveLength(1)
  })

  test('gives 1 MiB of an output and says that there is more', async () => {
    const ref = outputs.hold('x'.repeat(1_500_000))
    const report = { ...sample('one-ok'), items: sample('one-ok').items.map(item => ({ ...item, output: { stdout: ref } })) }
    const { stdout } = JSON.parse(await textOf(json.build({}).render(report, env))).items[0].output
    expect([stdout.text.length, stdout.bytes, stdout.truncated]).toEqual([1024 * 1024, 1_500_000, true])
  })
})

test('ndjson is one object a line, which together say what json says', async () => {
  for (const [, report] of all) {
    const renderer = ndjson.build({})
    const lines = await Promise.all(report.items.map(item => renderer.item?.(item, env)))
    const text = lines.join('') + (await textOf(renderer.render(report, env)))
    const objects = text
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
    const {
      items,
      omitted: _,
      timeline: __,
      omittedSpans: ___,
      ...rest
    } = JSON.parse(await textOf(json.build({}).render(report, env)))
    expect(objects).toEqual([...items.map((item: object) => ({ type: 'item', ...item })), { type: 'summary', ...rest }])
  }
})

test('yaml is the document of json', async () => {
  for (const [, report] of all) {
    const document = JSON.parse(await textOf(json.build({}).render(report, env)))
    expect(parse(await textOf(yaml.build({}).render(report, env)))).toEqual(document)
  }
})

import { defineRenderer, type RenderEnv } from '../core/component.ts'
import type { Report } from '../core/report.ts'
import { noConfig } from './no-config.ts'
import { itemJson, reportFrame } from './report-json.ts'
import { yamlText } from './yaml-text.ts'

export default defineRenderer({
  type: 'yaml',
  version: '1',
  summary: 'the document of json as YAML, with output as readable blocks',
  stability: 'stable',
  schema: noConfig,
  example: {},
  build: () => ({ mime: 'application/yaml', machine: true, render }),
})

/** One piece an item. */
async function* render(report: Report, env: RenderEnv): AsyncIterable<string> {
  const { before, after } = await reportFrame(report, env)
  yield `${yamlText(before)}\nitems:${report.items.length === 0 ? ' []' : ''}\n`
  for (const item of report.items) yield `  - ${yamlText(await itemJson(item, env), 4)}\n`
  yield `${yamlText(after)}\n`
}

import { defineRenderer, type RenderEnv } from '../core/component.ts'
import type { Report } from '../core/report.ts'
import { noConfig } from './no-config.ts'
import { itemJson, type JsonObject, reportFrame } from './report-json.ts'

export default defineRenderer({
  type: 'json',
  version: '1',
  summary: 'one JSON document, for scripts: a versioned contract',
  stability: 'stable',
  schema: noConfig,
  example: {},
  build: () => ({ mime: 'application/json', machine: true, render }),
})

/** One piece an item, indented by two spaces. */
async function* render(report: Report, env: RenderEnv): AsyncIterable<string> {
  const { before, after } = await reportFrame(report, env)
  yield `{\n${members(before)},\n  "items": [`
  let separator = '\n    '
  for (const item of report.items) {
    yield separator + JSON.stringify(await itemJson(item, env), null, 2).replaceAll('\n', '\n    ')
    separator = ',\n    '
  }
  yield `${report.items.length > 0 ? '\n  ' : ''}],\n${members(after)}\n}\n`
}

/** The members of an object without its braces. */
const members = (object: JsonObject): string => JSON.stringify(object, null, 2).slice(2, -2)

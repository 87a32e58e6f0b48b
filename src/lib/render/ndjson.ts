import { defineRenderer, type RenderEnv } from '../core/component.ts'
import type { Item } from '../core/item.ts'
import type { Report } from '../core/report.ts'
import { noConfig } from './no-config.ts'
import { itemJson, reportFrame } from './report-json.ts'

export default defineRenderer({
  type: 'ndjson',
  version: '1',
  summary: 'a JSON object a line, each item as it happens and a summary at the end',
  stability: 'stable',
  schema: noConfig,
  example: {},
  build: () => ({ mime: 'application/x-ndjson', machine: true, item, render }),
})

async function item(item: Item, env: RenderEnv): Promise<string> {
  return `${JSON.stringify({ type: 'item', ...(await itemJson(item, env)) })}\n`
}

/**
 * Only the summary line. Whoever prints ndjson has passed every item to `item` as it happened, those included that the report no
 * longer holds: the summary therefore has neither `items` nor `omitted`. It is one line, so it has no timeline either.
 */
async function* render(report: Report, env: RenderEnv): AsyncIterable<string> {
  const { before, after } = await reportFrame(report, env)
  const { omitted: _, timeline: __, omittedSpans: ___, ...rest } = after
  yield `${JSON.stringify({ type: 'summary', ...before, ...rest })}\n`
}

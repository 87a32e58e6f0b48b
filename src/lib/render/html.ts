import { defineRenderer, type RenderEnv } from '../core/component.ts'
import type { Report } from '../core/report.ts'
import { noConfig } from './no-config.ts'
import { pageBlocks } from './page/blocks.ts'
import { pageFailures } from './page/failures.ts'
import { pageFoot, pageHead } from './page/frame.ts'
import { pageRows } from './page/rows.ts'
import { pageTimeline } from './page/timeline.ts'
import { layTimeline } from './page/timeline-layout.ts'

export default defineRenderer({
  type: 'html',
  version: '1',
  summary: 'a self-contained page to read, keep and send on',
  stability: 'stable',
  schema: noConfig,
  example: {},
  build: () => ({ mime: 'text/html', machine: true, render }),
})

/**
 * One file without anything from elsewhere: a content security policy admits its own style and script by their digests and nothing
 * else. Everything is in the markup, the script only filters and sorts. One piece a host.
 */
async function* render(report: Report, env: RenderEnv): AsyncIterable<string> {
  const timeline = layTimeline(report)
  yield `${pageHead(report, timeline)}`
  yield `${await pageFailures(report, env)}`
  for await (const part of pageBlocks(report, env)) yield `${part}`
  for (const part of pageTimeline(report, timeline, env)) yield `${part}`
  for await (const part of pageRows(report, env)) yield `${part}`
  yield `${pageFoot(report, timeline)}`
}

import { defineRenderer, type RenderEnv } from '../core/component.ts'
import type { Item } from '../core/item.ts'
import type { Json } from '../core/json.ts'
import type { Report } from '../core/report.ts'
import { explanationOf, whatOf } from './failure-groups.ts'
import { noConfig } from './no-config.ts'
import { exitStatusOf, labelOf, standingOf } from './standing.ts'
import { oneLine, visible } from './visible-text.ts'
import { yamlText } from './yaml-text.ts'

export default defineRenderer({
  type: 'tap',
  version: '1',
  summary: 'Test Anything Protocol: one test point for each item',
  stability: 'stable',
  schema: noConfig,
  example: {},
  build: () => ({ mime: 'text/plain', machine: true, render }),
})

/**
 * Version 13, which every reader knows (testanything.org/tap-version-13-specification.html), with a YAML block under what is not
 * ok. A run that was cut short bails out, so that it never looks complete.
 */
async function* render(report: Report, env: RenderEnv): AsyncIterable<string> {
  const total = report.items.length
  yield `TAP version 13\n1..${total}${total === 0 ? ' # SKIP nothing was run' : ''}\n`
  yield `# ${oneLine(report.title)}, run ${oneLine(report.runId)}\n`
  let number = 0
  for (const item of report.items) yield await testPoint(item, ++number, env)
  if (report.omitted > 0) yield `# ${report.omitted} more are counted but not listed\n`
  if (report.stopped) yield `Bail out! ${oneLine(report.stopped.message)}\n`
}

async function testPoint(item: Item, number: number, env: RenderEnv): Promise<string> {
  const standing = standingOf(item)
  const failed = standing === 'bad' || standing === 'unknown'
  const directive = standing === 'skipped' ? ` # SKIP ${oneLine(item.message ?? '')}`.trimEnd() : ''
  const line = `${failed ? 'not ok' : 'ok'} ${number} - ${escaped(labelOf(item))}${directive}\n`
  const details = failed || standing === 'warn' ? await diagnostics(item, env) : undefined
  return details === undefined ? line : `${line}  ---\n  ${yamlText(details, 2)}\n  ...\n`
}

/** Output as a list of lines: the YAML subset of Perl's reader knows few block scalars. */
async function diagnostics(item: Item, env: RenderEnv): Promise<Json> {
  const { code, signal } = exitStatusOf(item)
  const refs = [item.output?.stderr, item.output?.stdout].filter(ref => ref !== undefined && ref.bytes > 0)
  const [ref] = refs
  const output = ref && (await env.readOutput(ref, 4096)).text
  return {
    message: oneLine(explanationOf(item)) || whatOf(item),
    severity: standingOf(item) === 'warn' ? 'warn' : 'fail',
    ...(item.reason && { reason: item.reason }),
    ...(code !== undefined && { exit_code: code }),
    ...(signal !== undefined && { signal }),
    duration_ms: item.durationMs,
    ...(output && { output: visible(output).trimEnd().split('\n') }),
  }
}

/** In a description a hash would start a directive. */
const escaped = (text: string): string => oneLine(text).replace(/[\\#]/g, '\\$&')

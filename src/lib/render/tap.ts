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
  summary: 'test points of the Test Anything Protocol, version 13',
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
  return failed || standing === 'warn'
    ? `${line}  ---\n  ${yamlText(diagnostics(item), 2)}\n${await output(item, env)}  ...\n`
    : line
}

function diagnostics(item: Item): Json {
  const { code, signal } = exitStatusOf(item)
  return {
    message: oneLine(explanationOf(item)) || whatOf(item),
    severity: standingOf(item) === 'warn' ? 'warn' : 'fail',
    ...(item.reason && { reason: item.reason }),
    ...(code !== undefined && { exit_code: code }),
    ...(signal !== undefined && { signal }),
    duration_ms: item.durationMs,
  }
}

/**
 * What it printed, as a member of the YAML block. Perl's reader knows one kind of literal block, in which the first line is not
 * indented and empty lines have the margin too; any other reader takes it as well.
 */
async function output({ output }: Item, env: RenderEnv): Promise<string> {
  const ref = [output?.stderr, output?.stdout].find(candidate => candidate !== undefined && candidate.bytes > 0)
  const text = ref === undefined ? '' : visible((await env.readOutput(ref, 4096)).text).trim()
  return text === '' ? '' : `  output: |\n${text.replace(/^/gm, '    ')}\n`
}

/** In a description a hash would start a directive. */
const escaped = (text: string): string => oneLine(text).replace(/[\\#]/g, '\\$&')

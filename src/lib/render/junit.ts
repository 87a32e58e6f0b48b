import { defineRenderer, type RenderEnv } from '../core/component.ts'
import { exitCodeOf } from '../core/exit.ts'
import type { Item, OutputRef } from '../core/item.ts'
import type { Report } from '../core/report.ts'
import { explanationOf, whatOf } from './failure-groups.ts'
import { noConfig } from './no-config.ts'
import { labelOf, standingOf } from './standing.ts'
import { xmlAttribute, xmlText } from './xml-text.ts'

export default defineRenderer({
  type: 'junit',
  version: '1',
  summary: 'test cases for continuous integration, as JUnit XML',
  stability: 'stable',
  schema: noConfig,
  example: {},
  build: () => ({ mime: 'application/xml', machine: true, render }),
})

/** Output that goes into one test case; readers of JUnit hold all of it in memory. */
const outputLimit = 64 * 1024

/**
 * In the shape of Jenkins' junit-10.xsd. What ran and said no is a failure; what could not be asked or was not run is an error. A run
 * that was cut short is an error of its own, so that it never looks complete. Times are in seconds, the time stamp in UTC.
 */
async function* render(report: Report, env: RenderEnv): AsyncIterable<string> {
  const results = report.items.map(resultOf)
  const count = (result: Result): number => results.filter(one => one === result).length
  const stopped = report.stopped === undefined ? 0 : 1
  const totals =
    xmlAttribute('tests', results.length + stopped) +
    xmlAttribute('failures', count('failure')) +
    xmlAttribute('errors', count('error') + stopped)
  const time = xmlAttribute('time', seconds(report.durationMs))
  const title = xmlAttribute('name', report.title)
  yield `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites${title}${totals}${time}>\n`
  yield `  <testsuite${title}${totals}${xmlAttribute('skipped', count('skipped'))}${time}${xmlAttribute('timestamp', report.startedAt.slice(0, 19))}>\n`
  yield properties({ kind: report.kind, runId: report.runId, startedAt: report.startedAt, exitCode: String(exitCodeOf(report)) })
  for (const item of report.items) yield await testCase(item, report, env)
  if (report.stopped) yield stoppedCase(report, report.stopped.message)
  if (report.omitted > 0) yield `    <system-err>${report.omitted} more items are counted but not listed</system-err>\n`
  yield '  </testsuite>\n</testsuites>\n'
}

type Result = 'passed' | 'failure' | 'error' | 'skipped'

function resultOf(item: Item): Result {
  const standing = standingOf(item)
  if (standing === 'good' || standing === 'warn') return 'passed'
  if (standing === 'skipped') return 'skipped'
  // What was judged and found bad is a failure, whatever the reason; a command only when it ran to its end.
  const judged = item.verdict === 'fail' || item.reason === undefined || item.reason === 'exit'
  return standing === 'bad' && judged ? 'failure' : 'error'
}

async function testCase(item: Item, report: Report, env: RenderEnv): Promise<string> {
  const result = resultOf(item)
  const what = whatOf(item)
  const message = explanationOf(item) || what
  const head = `    <testcase${xmlAttribute('name', labelOf(item))}${xmlAttribute('classname', className(report, item))}${xmlAttribute('time', seconds(item.durationMs))}>\n`
  const body = [
    result === 'failure' || result === 'error'
      ? `<${result}${xmlAttribute('message', message)}${xmlAttribute('type', item.reason ?? item.verdict ?? item.outcome ?? 'unknown')}>${xmlText(message === what ? what : `${what}: ${message}`)}</${result}>`
      : '',
    result === 'skipped' ? `<skipped${xmlAttribute('message', message)}/>` : '',
    await output('system-out', item.output?.stdout, env),
    await output('system-err', item.output?.stderr, env),
  ].filter(element => element !== '')
  return `${head}${body.map(element => `      ${element}\n`).join('')}    </testcase>\n`
}

/** `opsctl.exec`, or `opsctl.doctor.ssh` for the item with the path ssh/agent. Readers take the dots for packages. */
function className({ kind }: Report, { path, host }: Item): string {
  const [group] = path.split('/')
  const parts = path.includes('/') && group !== host ? ['opsctl', kind, group ?? ''] : ['opsctl', kind]
  return parts.map(part => part.replaceAll('.', '_')).join('.')
}

async function output(element: 'system-out' | 'system-err', ref: OutputRef | undefined, env: RenderEnv): Promise<string> {
  if (ref === undefined || ref.bytes === 0) return ''
  const { text, truncated } = await env.readOutput(ref, outputLimit)
  return `<${element}>${xmlText(text)}${truncated ? `\n[cut here: ${ref.bytes} bytes in all]` : ''}</${element}>`
}

function stoppedCase(report: Report, message: string): string {
  const name = xmlAttribute('name', 'the run is complete') + xmlAttribute('classname', `opsctl.${report.kind}`)
  return `    <testcase${name}>\n      <error${xmlAttribute('message', message)}${xmlAttribute('type', 'stopped')}/>\n    </testcase>\n`
}

function properties(values: Readonly<Record<string, string>>): string {
  const lines = Object.entries(values).map(
    ([name, value]) => `      <property${xmlAttribute('name', name)}${xmlAttribute('value', value)}/>\n`,
  )
  return `    <properties>\n${lines.join('')}    </properties>\n`
}

const seconds = (ms: number): string => (ms / 1000).toFixed(3)

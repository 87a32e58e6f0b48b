import { defineRenderer, type RenderEnv } from '../core/component.ts'
import { formatDuration } from '../core/duration.ts'
import type { Report } from '../core/report.ts'
import { type FailureGroup, failureGroups } from './failure-groups.ts'
import { hostsText } from './hosts-text.ts'
import { nagiosStatus } from './nagios-status.ts'
import { noConfig } from './no-config.ts'
import { labelOf } from './standing.ts'
import { tallyOf } from './tally.ts'
import { fitTo } from './text-width.ts'
import { oneLine } from './visible-text.ts'

export default defineRenderer({
  type: 'nagios',
  version: '1',
  summary: 'the status line of a Nagios plugin with performance data; the exit code is 0 to 3',
  stability: 'stable',
  schema: noConfig,
  example: {},
  build: () => ({ mime: 'text/plain', machine: true, render }),
})

/** Monitoring reads 8 KiB at most. */
const longLines = 20
/** Characters of what the items measured. */
const figuresLimit = 4096

/**
 * Plugin output after the guidelines (monitoring-plugins.org/doc/guidelines.html): a status line, performance data behind the bar,
 * then long output, a line for each way in which something went wrong.
 */
async function* render(report: Report, env: RenderEnv): AsyncIterable<string> {
  const groups = failureGroups(report.items)
  yield `${barless(`OPSCTL ${nagiosStatus(report)} - ${headline(report)}`)} | ${performance(report)}\n`
  for (const group of groups.slice(0, longLines)) yield `${barless(longLine(group, env))}\n`
  if (groups.length > longLines) yield `and ${groups.length - longLines} more groups of failures\n`
}

function headline(report: Report): string {
  const { good, bad, unknown, warn } = tallyOf(report)
  const figures = [
    bad > 0 ? `${bad} failed` : '',
    unknown > 0 ? `${unknown} unknown` : '',
    warn > 0 ? `${warn} warning` : '',
    `${good} of ${report.counts.total} ok`,
  ].filter(text => text !== '')
  const stopped = report.stopped === undefined ? '' : `${oneLine(report.stopped.message)}; `
  return `${fitTo(oneLine(report.title), 60)}: ${stopped}${figures.join(', ')} in ${formatDuration(report.durationMs)}`
}

function performance(report: Report): string {
  const { good, bad, unknown, warn } = tallyOf(report)
  const { total } = report.counts
  const counts = Object.entries({ total, ok: good, warning: warn, failed: bad, unknown }).map(
    ([label, value]) => `${label}=${value};;;0`,
  )
  return [...counts, `time=${(report.durationMs / 1000).toFixed(3)}s;;;0`, ...figures(report)].join(' ')
}

/** What the items measured, as far as it fits; with several of them the name of each is in front, as check_multi has it. */
function figures({ items }: Report): string[] {
  const told: string[] = []
  let length = 0
  for (const item of items) {
    for (const [metric, value] of Object.entries(item.metrics ?? {})) {
      const label = items.length === 1 ? metric : `${labelOf(item)}::${metric}`
      const figure = `${quoted(label)}=${decimal(value)}${unitOf(metric)}`
      length += figure.length + 1
      if (length > figuresLimit) return told
      if (Number.isFinite(value)) told.push(figure)
    }
  }
  return told
}

/** The unit that a plugin writes, by the end of the metric's name. */
function unitOf(metric: string): string {
  if (metric.endsWith('_seconds') && !metric.endsWith('timestamp_seconds')) return 's'
  if (metric.endsWith('_bytes')) return 'B'
  if (metric.endsWith('_percent')) return '%'
  return metric.endsWith('_total') ? 'c' : ''
}

function longLine({ what, message, items, names }: FailureGroup, env: RenderEnv): string {
  const count = items.length > 1 ? ` (${items.length})` : ''
  const told = message === '' ? '' : ` - ${fitTo(oneLine(message), 200)}`
  return `${what}: ${fitTo(hostsText(names, env), 150)}${count}${told}`
}

/** A bar would start performance data. */
const barless = (text: string): string => text.replaceAll('|', '/')

/** A label in single quotes, doubled inside; the equals sign is not allowed even there. */
const quoted = (label: string): string => `'${barless(oneLine(label)).replaceAll("'", "''").replaceAll('=', '_')}'`

/** Guidelines know digits, sign and point only, no exponent. */
const decimal = (value: number): string => value.toLocaleString('en', { useGrouping: false, maximumFractionDigits: 6 })

import { defineRenderer, type RenderEnv } from '../core/component.ts'
import { formatDuration } from '../core/duration.ts'
import type { Item } from '../core/item.ts'
import type { Report } from '../core/report.ts'
import { blockText } from './block-text.ts'
import { humanSummary } from './human-summary.ts'
import { noConfig } from './no-config.ts'
import { inColour, labelOf, signOf, standingOf } from './standing.ts'
import { padTo, textWidth, wrapTo } from './text-width.ts'
import { oneLine } from './visible-text.ts'

export default defineRenderer({
  type: 'human',
  version: '1',
  summary: 'for eyes: output, judgements by group, failures in short; may change at any time',
  stability: 'stable',
  schema: noConfig,
  example: {},
  build: () => ({ mime: 'text/plain', machine: false, render, summary: humanSummary }),
})

/**
 * What belongs on stdout: collated blocks, then the judgements as a list. Output that was shown as it happened is not repeated;
 * failures of commands and the closing line are humanSummary's, for stderr.
 */
async function* render(report: Report, env: RenderEnv): AsyncIterable<string> {
  for (const block of report.blocks ?? []) yield* blockText(block, env)
  const listed = report.items.filter(item => item.verdict !== undefined || (report.kind !== 'exec' && env.verbosity > 0))
  if (listed.length === 0) return
  const widths = { name: Math.min(nameLimit, widest(listed, nameIn)), time: widest(listed, timeIn) }
  let group: string | undefined
  for (const item of inGroups(listed)) {
    const next = groupOf(item)
    if (next !== group) yield `${group === undefined ? '' : '\n'}${next === '' ? '' : `${env.style.strong(oneLine(next))}\n`}`
    group = next
    yield line(item, widths, env)
  }
}

const nameLimit = 40

interface Widths {
  readonly name: number
  readonly time: number
}

/** Sign, name, time and message in columns; on a terminal long messages go on under themselves. */
function line(item: Item, widths: Widths, env: RenderEnv): string {
  const standing = standingOf(item)
  const name = padTo(nameIn(item), widths.name)
  const time = timeIn(item).padStart(widths.time)
  const indent = 4 + textWidth(name) + 2 + widths.time + 2
  const message = oneLine(item.message ?? '')
  const wrapped = env.width > 0 ? wrapTo(message, Math.max(30, env.width - indent)) : [message]
  const told = wrapped.map(part => (standing === 'bad' ? env.style.bad(part) : part)).join(`\n${' '.repeat(indent)}`)
  const head = `  ${inColour(standing, signOf[standing], env)} ${name}  ${env.style.dim(time)}`
  return message === '' ? `${head}\n` : `${head}  ${told}\n`
}

const widest = (items: readonly Item[], text: (item: Item) => string): number =>
  items.reduce((most, item) => Math.max(most, textWidth(text(item))), 0)

const timeIn = ({ durationMs }: Item): string => formatDuration(durationMs)

/** Items of one group together, groups in the order in which they first appear. */
function inGroups(items: readonly Item[]): Item[] {
  return [...Map.groupBy(items, groupOf).values()].flat()
}

/** The first part of a path that has several, as in `ssh/agent`; of a check of an endpoint its name, which may hold slashes. */
function groupOf({ path, host, labels }: Item): string {
  if (!path.includes('/')) return ''
  return host === undefined && labels?.['check'] !== undefined ? labels['check'] : path.slice(0, path.indexOf('/'))
}

/** Without what the heading says already. */
function nameIn(item: Item): string {
  const group = groupOf(item)
  if (item.host === group) return oneLine(item.name)
  const label = labelOf(item)
  return oneLine(group !== '' && label.startsWith(`${group} `) ? label.slice(group.length + 1) : label)
}

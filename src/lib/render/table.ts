import { defineRenderer, type RenderEnv } from '../core/component.ts'
import { formatDuration } from '../core/duration.ts'
import type { Item } from '../core/item.ts'
import type { Report } from '../core/report.ts'
import { explanationOf } from './failure-groups.ts'
import { noConfig } from './no-config.ts'
import { exitWordOf, inColour, signOf, standingOf, wordOf } from './standing.ts'
import { fitTo, padTo, textWidth } from './text-width.ts'
import { oneLine } from './visible-text.ts'

export default defineRenderer({
  type: 'table',
  version: '1',
  summary: 'one line for each host, in columns',
  stability: 'stable',
  schema: noConfig,
  example: {},
  build: () => ({ mime: 'text/plain', machine: false, render }),
})

interface Column {
  readonly title: string
  readonly cell: (item: Item) => string
  /** The most columns it may take on a terminal, as a share of the width. */
  readonly share: number
}

const host: Column = { title: 'HOST', cell: item => oneLine(item.host ?? ''), share: 0.35 }
const name: Column = { title: 'NAME', cell: item => oneLine(item.name), share: 0.25 }
const fixed: readonly Column[] = [
  { title: 'RESULT', cell: item => `${signOf[standingOf(item)]} ${wordOf(item)}`, share: 1 },
  { title: 'REASON', cell: reasonCell, share: 1 },
  { title: 'TIME', cell: item => formatDuration(item.durationMs), share: 1 },
]
const gap = '  '

/** A line a piece; on a terminal the message is cut where the width ends, in a pipe nothing is. */
async function* render(report: Report, env: RenderEnv): AsyncIterable<string> {
  const columns = columnsOf(report.items)
  const widths = columns.map(column => widthOf(column, report.items, env))
  const line = (cells: readonly string[]): string =>
    cells.map((cell, at) => padTo(fitTo(cell, widths[at] ?? 0), widths[at] ?? 0)).join(gap)
  const used = widths.reduce((sum, width) => sum + width + gap.length, 0)
  yield `${env.style.strong(`${line(columns.map(column => column.title))}${gap}MESSAGE`)}\n`
  for (const item of report.items) {
    const cells = line(columns.map(column => column.cell(item)))
    const message = oneLine(explanationOf(item))
    const shown = env.width > 0 ? fitTo(message, Math.max(10, env.width - used)) : message
    yield `${colourLine(item, shown === '' ? cells.trimEnd() : `${cells}${gap}${shown}`, env)}\n`
  }
  if (report.omitted > 0) yield `${env.style.dim(`(${report.omitted} more are counted but not listed)`)}\n`
}

/** Host and name as far as they tell items apart. */
function columnsOf(items: readonly Item[]): Column[] {
  const hosts = items.some(item => item.host !== undefined)
  const names = new Set(items.map(item => item.name))
  const named = !hosts || (names.size > 1 && items.some(item => item.host !== item.name))
  return [...(hosts ? [host] : []), ...(named ? [name] : []), ...fixed]
}

function widthOf({ title, cell, share }: Column, items: readonly Item[], { width }: RenderEnv): number {
  const widest = items.reduce((most, item) => Math.max(most, textWidth(cell(item))), title.length)
  return width > 0 ? Math.min(widest, Math.max(title.length, Math.floor(width * share))) : widest
}

/** `exit 2`, `signal SIGKILL`, `timeout`. */
function reasonCell(item: Item): string {
  const status = exitWordOf(item)
  return item.reason === 'exit' || item.reason === 'signal' ? `${item.reason} ${status}`.trim() : (item.reason ?? '')
}

const colourLine = (item: Item, line: string, env: RenderEnv): string =>
  standingOf(item) === 'good' ? line : inColour(standingOf(item), line, env)

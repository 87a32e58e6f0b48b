import type { Report, Span } from '../../core/report.ts'
import { type Tick, ticksOf } from './time-axis.ts'
import {
  type BarStanding,
  isTrouble,
  rankOf,
  standingOfSpan,
  type TimeAxis,
  type TimelineRow,
  timelineRow,
  wordOfSpan,
} from './timeline-row.ts'

export interface TimelineGroup {
  readonly name: string
  /** Milliseconds from the start of the axis. */
  readonly startMs: number
  readonly endMs: number
  /** How its rows ended, the worst first. */
  readonly counts: readonly WordCount[]
  /** In the order in which they are shown; rows that look alike and have no trouble stand together. */
  readonly parts: readonly (readonly TimelineRow[])[]
}

export interface WordCount {
  readonly word: string
  readonly standing: BarStanding
  readonly count: number
}

/** A timeline as it is drawn. */
export interface TimelineLayout extends TimeAxis {
  readonly ticks: readonly Tick[]
  readonly groups: readonly TimelineGroup[]
  readonly counts: readonly WordCount[]
  /** Names of rows with trouble in any group. */
  readonly troubled: ReadonlySet<string>
}

/** Where everything of a report's timeline is drawn; undefined when there is nothing. */
export function layTimeline({ timeline = [], startedAt, items }: Report): TimelineLayout | undefined {
  if (timeline.length === 0) return undefined
  const axis = axisOf(timeline, startedAt)
  const byGroup = [...Map.groupBy(timeline, ({ group }) => group)]
  const places = new Map(items.map(({ host }, at) => [host ?? '', at]))
  const rows = byGroup.map(([name, spans]) => ({ name, rows: rowsOf(spans, { axis, places }) }))
  const folds = rows.reduce((sum, group) => sum + group.rows.length, 0) > readableRows
  return {
    ...axis,
    ticks: ticksOf(axis.lengthMs),
    groups: rows.map(group => groupOf(group, folds)),
    counts: countWords(timeline),
    troubled: new Set(timeline.filter(isTrouble).map(({ row }) => row)),
  }
}

/** One bar has no more to tell than its row says in words. */
const isDull = ({ lanes }: TimelineRow): boolean => lanes.flat().length === 1

/** So many rows are shown one by one. */
const readableRows = 30
/** Fewer rows that look alike are not worth folding. */
const worthFolding = 3

function axisOf(timeline: readonly Span[], startedAt: string): TimeAxis {
  let startMs = Date.parse(startedAt)
  let endMs = startMs + 1
  for (const span of timeline) {
    const from = Date.parse(span.startedAt)
    startMs = Math.min(startMs, from)
    endMs = Math.max(endMs, from + span.durationMs)
  }
  return { startMs, lengthMs: endMs - startMs }
}

/** Those with trouble first, then in the order of the report's items. */
function rowsOf(
  spans: readonly Span[],
  { axis, places }: { axis: TimeAxis; places: ReadonlyMap<string, number> },
): TimelineRow[] {
  const place = ({ name }: TimelineRow): number => places.get(name) ?? places.size
  return [...Map.groupBy(spans, ({ row }) => row)]
    .map(([name, own]) => timelineRow(name, own, axis))
    .sort((a, b) => Number(isTrouble(b.worst)) - Number(isTrouble(a.worst)) || place(a) - place(b))
}

function groupOf({ name, rows }: { name: string; rows: readonly TimelineRow[] }, folds: boolean): TimelineGroup {
  const isFoldable = (row: TimelineRow): boolean => (folds || isDull(row)) && !isTrouble(row.worst)
  const parts = [...Map.groupBy(rows, (row): unknown => (isFoldable(row) ? shapeOf(row) : row)).values()]
  return {
    name,
    startMs: rows.reduce((least, row) => Math.min(least, row.startMs), Number.POSITIVE_INFINITY),
    endMs: rows.reduce((most, row) => Math.max(most, row.endMs), 0),
    counts: countWords(rows.map(({ worst }) => worst)),
    parts: parts.flatMap(part => (part.length < worthFolding ? part.map(row => [row]) : [part])),
  }
}

/** Rows look alike when the same things happened in the same order with the same result, whenever and however long. */
const shapeOf = ({ lanes }: TimelineRow): string =>
  JSON.stringify(lanes.map(lane => lane.map(({ span }) => [span.name, span.outcome, span.verdict])))

function countWords(spans: readonly Span[]): WordCount[] {
  const counted = new Map<string, WordCount & { rank: number }>()
  for (const span of spans) {
    const word = wordOfSpan(span)
    const { count = 0 } = counted.get(word) ?? {}
    counted.set(word, { word, standing: standingOfSpan(span), count: count + 1, rank: rankOf(span) })
  }
  return [...counted.values()].sort((a, b) => a.rank - b.rank)
}

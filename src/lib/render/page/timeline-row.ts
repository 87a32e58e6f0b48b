import type { Span } from '../../core/report.ts'
import { type Standing, standingOf, wordOf } from '../standing.ts'

/** The stretch of time that a page shows. Milliseconds since the epoch, and milliseconds. */
export interface TimeAxis {
  readonly startMs: number
  readonly lengthMs: number
}

/** Where a bar is drawn, in thousandths of the axis. */
export interface Bar {
  readonly span: Span
  readonly x: number
  readonly width: number
}

/** What happened on a host in one group. */
export interface TimelineRow {
  readonly name: string
  /** Milliseconds from the start of the axis. */
  readonly startMs: number
  readonly endMs: number
  /** What a reader must know first of the row. */
  readonly worst: Span
  /** More than one where things happened at the same time. */
  readonly lanes: readonly (readonly Bar[])[]
}

/** @throws RangeError without spans */
export function timelineRow(name: string, spans: readonly Span[], axis: TimeAxis): TimelineRow {
  const timed = spans.map(span => ({ span, ...timesOf(span, axis) })).sort((a, b) => a.startMs - b.startMs)
  const [first] = timed
  if (first === undefined) throw new RangeError(`row ${name} has no bar`)
  const { span: worst } = timed.reduce((least, other) => (rankOf(other.span) < rankOf(least.span) ? other : least), first)
  return {
    ...{ name, worst, startMs: first.startMs, endMs: Math.max(...timed.map(({ endMs }) => endMs)) },
    lanes: lanesOf(timed).map(lane => drawn(lane, axis)),
  }
}

export type BarStanding = Standing | 'plain'

/** A bar without a judgement is just something that took time. */
export const standingOfSpan = (span: Span): BarStanding =>
  span.outcome === undefined && span.verdict === undefined ? 'plain' : standingOf(span)

export const wordOfSpan = (span: Span): string => (standingOfSpan(span) === 'plain' ? '' : wordOf(span))

const byUrgency = ['stuck', 'failed', 'fail', 'unknown', 'warn', 'undone', 'skipped', 'na', 'changed', 'ok', 'pass', '']

export const rankOf = (span: Span): number => byUrgency.indexOf(wordOfSpan(span))

/** Something went wrong here. What was taken back in good order did not. */
export const isTrouble = (span: Span): boolean => rankOf(span) <= byUrgency.indexOf('unknown')

interface Timed {
  readonly span: Span
  readonly startMs: number
  readonly endMs: number
}

function timesOf({ startedAt, durationMs }: Span, axis: TimeAxis): { startMs: number; endMs: number } {
  const startMs = Date.parse(startedAt) - axis.startMs
  return { startMs, endMs: startMs + durationMs }
}

/** Each bar into the first lane that is free at its time. */
function lanesOf(timed: readonly Timed[]): Timed[][] {
  const lanes: Timed[][] = []
  for (const entry of timed) {
    const free = lanes.find(lane => (lane.at(-1)?.endMs ?? 0) <= entry.startMs)
    if (free) free.push(entry)
    else lanes.push([entry])
  }
  return lanes
}

/** Thousandths that all the width which very short bars are given beyond their time may take together. */
const spareWidth = 100
const leastWidth = 5

/**
 * Bars of one lane. The shortest can be seen all the same: they push what follows to the right, which ends in its own time again as soon
 * as it is long enough, and are pushed back to the left where the axis ends.
 */
function drawn(lane: readonly Timed[], { lengthMs }: TimeAxis): Bar[] {
  const least = Math.min(leastWidth, Math.max(1, Math.floor(spareWidth / lane.length)))
  const bars: { span: Span; x: number; width: number }[] = []
  let free = 0
  for (const { span, startMs, endMs } of lane) {
    const x = Math.max(free, Math.round((startMs * 1000) / lengthMs))
    const width = Math.max(least, Math.round((endMs * 1000) / lengthMs) - x)
    bars.push({ span, x, width })
    free = x + width
  }
  let limit = 1000
  for (const bar of bars.toReversed()) {
    if (bar.x + bar.width <= limit) break
    bar.x = Math.max(0, limit - bar.width)
    limit = bar.x
  }
  return bars
}

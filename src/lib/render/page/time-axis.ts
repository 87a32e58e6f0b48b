import { formatDuration } from '../../core/duration.ts'

export interface Tick {
  /** Thousandths of the axis. */
  readonly x: number
  readonly label: string
}

const [second, minute, hour, day] = [1000, 60_000, 3_600_000, 86_400_000]
/** Milliseconds between ticks that people count in. */
export const roundSteps = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map(count => count * second),
  ...[1, 2, 5, 10, 15, 30].map(count => count * minute),
  ...[1, 2, 3, 6, 12].map(count => count * hour),
  ...[1, 2, 7].map(count => count * day),
]
export const mostTicks = 8

/** Milliseconds between two ticks of an axis of this length: what people count in, at most eight times. */
export function tickStep(lengthMs: number): number {
  const weeks = 7 * day
  return roundSteps.find(step => lengthMs / step <= mostTicks) ?? Math.ceil(lengthMs / mostTicks / weeks) * weeks
}

/** Where an axis is marked, from its start. */
export function ticksOf(lengthMs: number): Tick[] {
  const step = tickStep(lengthMs)
  return Array.from({ length: Math.floor(lengthMs / step) + 1 }, (_, at) => ({
    x: Math.round((at * step * 1000) / lengthMs),
    label: at === 0 ? '0' : formatDuration(at * step),
  }))
}

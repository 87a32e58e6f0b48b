import { beatFrom } from './beat.ts'
import type { Entry } from './entry.ts'

/** So many jobs a second are no burst, however slow the usual pace. */
const leastPerSecond = 10

/**
 * When what is overdue is done: one after the other at the pace at which all jobs are due anyway, so at twice that pace together with
 * those, P0 first, and none later than its own next beat. Moments of the monotonic clock, in the order of `overdue`, which is sorted.
 */
export function catchUpTimes(
  overdue: Entry[],
  { all, now, random }: { readonly all: Iterable<Entry>; readonly now: number; readonly random: () => number },
): number[] {
  let perMs = 0
  for (const { everyMs } of all) perMs += 1 / everyMs
  const apartMs = 1 / Math.max(perMs, leastPerSecond / 1000)
  overdue.sort((a, b) => a.lane.rank - b.lane.rank || a.dueAt - b.dueAt)
  return overdue.map((entry, index) => Math.min(now + (index + random()) * apartMs, beatFrom(now, entry)))
}

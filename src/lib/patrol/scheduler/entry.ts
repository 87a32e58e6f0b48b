import type { IndexedHeap, Placed } from './indexed-heap.ts'
import type { Job } from './job.ts'
import type { Lane } from './lane.ts'
import type { Run } from './runs.ts'

/** A job in the schedule: it stands in one queue, or runs. Moments are milliseconds of the monotonic clock. */
export interface Entry extends Placed {
  job: Job
  lane: Lane
  /** Where it stands; undefined while it runs. */
  queue: IndexedHeap<Entry> | undefined
  dueAt: number
  /** A moment of its grid: it is due there, and every `everyMs` before and after. What is done in between moves no beat. */
  beatAt: number
  everyMs: number
  run: Run | undefined
  /** While it runs: when it is due after that, whatever the run says. */
  nextAt: number | undefined
  /** While it runs: it is forgotten when the run ends. */
  removed: boolean
  /** How often it found a cap full since it ran last. */
  blocked: number
  /** So many of its keys are taken for it though it does not run yet. */
  held: number
}

/** What is put. */
export type Due = Pick<Entry, 'job' | 'lane' | 'dueAt' | 'beatAt' | 'everyMs'>

export const newEntry = ({ job, lane, dueAt, beatAt, everyMs }: Due): Entry => ({
  ...{ job, lane, dueAt, beatAt, everyMs },
  ...{ queue: undefined, run: undefined, nextAt: undefined, removed: false, blocked: 0, held: 0, place: -1 },
})

/** Each key once, in an order that is the same for all jobs. */
export function keysOf({ caps }: Job): readonly string[] {
  return caps.length < 2 ? caps : [...new Set(caps)].sort()
}

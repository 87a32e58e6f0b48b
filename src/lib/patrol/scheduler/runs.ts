import { OpsError } from '../../core/errors.ts'
import { type Entry, keysOf } from './entry.ts'
import { IndexedHeap, type Placed } from './indexed-heap.ts'
import type { Job } from './job.ts'
import type { Lane } from './lane.ts'

/** One run of a job; the job, its class and its keys as they were when it began. */
export interface Run extends Placed {
  readonly entry: Entry
  readonly job: Job
  readonly lane: Lane
  readonly keys: readonly string[]
  readonly controller: AbortController
  readonly startedAt: number
  /** When it is looked after: at its deadline, then when its grace is over. */
  at: number
  state: 'runs' | 'aborted' | 'abandoned'
  /** Those who wait until it has ended or is given up. */
  readonly waiting: (() => void)[]
}

/** What an aborted run gets to close what it opened, milliseconds. */
const graceMs = 2000

/**
 * The runs under way, and their deadlines: one heap for all. A run that does not end though it was aborted is abandoned after a grace: it
 * counts no more. So many may be abandoned at a time; past that they go on counting, so that a leak does not grow without end.
 */
export class Runs {
  readonly #live = new IndexedHeap<Run>(({ at }) => at)
  readonly #mostAbandoned: number
  readonly #abandon: (run: Run) => void
  #abandoned = 0

  /** `abandon` is told when a run is given up. */
  constructor(mostAbandoned: number, abandon: (run: Run) => void) {
    this.#mostAbandoned = mostAbandoned
    this.#abandon = abandon
  }

  /** Without the abandoned ones. */
  get size(): number {
    return this.#live.size
  }

  get abandoned(): number {
    return this.#abandoned
  }

  /** When the next is to be looked after. */
  get nextAt(): number {
    return this.#live.first?.at ?? Number.POSITIVE_INFINITY
  }

  begin(entry: Entry, now: number): Run {
    const { job, lane } = entry
    const run: Run = {
      ...{ entry, job, lane, keys: keysOf(job), controller: new AbortController(), startedAt: now },
      ...{ at: now + job.deadlineMs, state: 'runs', waiting: [], place: -1 },
    }
    this.#live.push(run)
    return run
  }

  /** It has settled. */
  end(run: Run): void {
    if (run.state === 'abandoned') this.#abandoned--
    else this.#live.remove(run)
    for (const told of run.waiting) told()
  }

  /** Aborts what is past its deadline and gives up what is past its grace. */
  lookAfter(now: number): void {
    for (let run = this.#live.first; run && run.at <= now; run = this.#live.first) {
      const { job, state } = run
      if (state === 'runs') {
        run.lane.aborted++
        this.abort(run, new OpsError('E_DEADLINE', `${job.id} did not end within ${job.deadlineMs} ms`), now)
      } else if (this.#abandoned < this.#mostAbandoned) this.#giveUp(run)
      else this.#lookAgain(run, now + graceMs)
    }
  }

  abort(run: Run, reason: OpsError, now: number): void {
    if (run.state !== 'runs') return
    run.state = 'aborted'
    this.#lookAgain(run, now + graceMs)
    run.controller.abort(reason)
  }

  abortAll(reason: OpsError, now: number): void {
    for (const run of [...this.#live]) this.abort(run, reason, now)
  }

  /** Resolves when it has ended or is given up. */
  ended(run: Run): Promise<void> {
    return run.state === 'abandoned' ? Promise.resolve() : new Promise(resolve => void run.waiting.push(resolve))
  }

  /** For time in which nothing could be done. */
  postpone(ms: number): void {
    for (const run of this.#live) run.at += ms
  }

  #giveUp(run: Run): void {
    this.#live.remove(run)
    this.#abandoned++
    run.state = 'abandoned'
    for (const told of run.waiting.splice(0)) told()
    this.#abandon(run)
  }

  #lookAgain(run: Run, at: number): void {
    this.#live.remove(run)
    run.at = at
    this.#live.push(run)
  }
}

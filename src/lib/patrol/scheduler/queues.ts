import type { SlaClass } from '../../probe/index.ts'
import type { Entry } from './entry.ts'
import { IndexedHeap } from './indexed-heap.ts'
import { KeyCaps } from './key-caps.ts'
import { type Lane, Lanes } from './lane.ts'
import type { Run } from './runs.ts'

export interface QueueOptions {
  /** Runs at a time. */
  readonly workers: number
  /** Of starts while there is more to do than workers; only their ratio counts. */
  readonly shares?: Readonly<Record<SlaClass, number>>
  /** At least 1; asked anew each time, so that it may change. */
  readonly capPerKey: number | ((key: string) => number)
}

/** Where jobs stand that do not run: not due, due in the lane of their class, or due and blocked at a cap. */
export class Queues {
  readonly #waiting = new IndexedHeap<Entry>(({ dueAt }) => dueAt)
  readonly #lanes: Lanes
  readonly #caps: KeyCaps

  constructor({ workers, shares, capPerKey }: QueueOptions) {
    this.#lanes = new Lanes(workers, shares)
    this.#caps = new KeyCaps(capPerKey, entry => this.#ready(entry))
  }

  /** When there is something to do: long ago when one could start. */
  get nextAt(): number {
    return this.#lanes.next() ? Number.NEGATIVE_INFINITY : (this.#waiting.first?.dueAt ?? Number.POSITIVE_INFINITY)
  }

  get waiting(): number {
    return this.#waiting.size
  }

  get running(): number {
    return this.#lanes.running
  }

  lane(sla: SlaClass): Lane {
    return this.#lanes.of(sla)
  }

  /** Due, and waiting at a cap. */
  blocked(): Iterable<Entry> {
    return this.#caps.waiting()
  }

  isWaiting(entry: Entry): boolean {
    return entry.queue === this.#waiting
  }

  wait(entry: Entry): void {
    entry.queue = this.#waiting
    this.#waiting.push(entry)
  }

  /** Out of the queue where it stands; others may be let in instead. */
  leave(entry: Entry): void {
    const { queue } = entry
    entry.queue = undefined
    queue?.remove(entry)
    if (queue === undefined || queue === this.#waiting) return
    entry.lane.due--
    this.#caps.leave(entry)
  }

  /** What is due by now goes into its lane. */
  ripen(now: number): void {
    for (let entry = this.#waiting.first; entry && entry.dueAt <= now; entry = this.#waiting.first) {
      this.#waiting.remove(entry)
      entry.lane.due++
      this.#ready(entry)
    }
  }

  /** The next that may run has left its queue, with its keys, and counts as running; undefined when there is none. */
  begin(): Entry | undefined {
    for (let lane = this.#lanes.next(); lane; lane = this.#lanes.next()) {
      const entry = lane.ready.pop()
      if (!entry || !this.#caps.take(entry)) continue
      this.#lanes.begun(lane)
      lane.due--
      entry.queue = undefined
      entry.held = 0
      entry.blocked = 0
      return entry
    }
    return undefined
  }

  /** A run counts no more. */
  end({ lane, keys }: Run): void {
    this.#lanes.ended(lane)
    this.#caps.release(keys)
  }

  /** All that is due by now. */
  overdue(now: number): Entry[] {
    const overdue = [...this.#lanes].flatMap(({ ready }) => [...ready])
    for (const entry of this.#caps.waiting()) overdue.push(entry)
    for (const entry of this.#waiting) if (entry.dueAt <= now) overdue.push(entry)
    return overdue
  }

  #ready(entry: Entry): void {
    entry.queue = entry.lane.ready
    entry.queue.push(entry)
  }
}

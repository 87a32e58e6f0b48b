import { whenDiskAllows } from './disk-work.ts'
import type { LaneOptions } from './lane-options.ts'
import type { LaneQueue } from './lane-queue.ts'
import { type Shipped, ship } from './shipment.ts'
import { SinkFigures } from './sink-figures.ts'
import { SinkHealth } from './sink-health.ts'
import type { Waiting } from './waiting.ts'

const defaultDeadlineMs = 30_000

/** What goes out to one sink, shipment by shipment: what it may hold, how it went, and how the sink is. */
export class Sending {
  readonly figures = new SinkFigures()
  readonly health: SinkHealth
  /** Of one shipment: less after one that was too large. */
  readonly limits: { bytes: number; records: number }
  readonly #options: LaneOptions
  readonly #queue: LaneQueue
  /** What the sink says of itself takes the place of what is remembered of a send. */
  #hasState: boolean

  constructor(options: LaneOptions, queue: LaneQueue) {
    const { name, clock, log, limits, store } = options
    this.#options = options
    this.#queue = queue
    this.limits = { bytes: limits.bytes, records: limits.records }
    this.health = new SinkHealth({ sink: name, clock, log })
    this.#hasState = store.sink(name).state !== undefined
  }

  /** From now on its sink tells where it is. */
  hasState(): void {
    this.#hasState = true
  }

  /** What became of them; undefined where everything was told to stop before that was known. */
  async ship(entries: readonly Waiting[]): Promise<Shipped | undefined> {
    const { sink, clock, random, stopping, ending, deadlineMs = defaultDeadlineMs } = this.#options
    const { limits, health } = this
    const parcels = entries.flatMap(({ head: { id, count, part }, records }) =>
      count > 0 ? [{ id, count, records, ...(part && { part }) }] : [],
    )
    if (parcels.length === 0) return { dead: [] }
    if (!(await this.#remember(entries))) return undefined
    return ship(parcels, {
      ...{ sink, limits, deadlineMs, clock, random, stopping, ending },
      onSent: look => this.figures.sent(look),
      onFailed: problem => health.failed(problem),
      onTaken: () => health.succeeded(this.#queue.records),
      onTooLarge: bytes => {
        limits.bytes = Math.max(1024, Math.min(limits.bytes, Math.floor(bytes / 2)))
      },
    })
  }

  /** Where each chunk under way ends, so that after a kill it is the same chunk again. What is in the spool is that by itself. */
  async #remember(entries: readonly Waiting[]): Promise<boolean> {
    const { name: sink, store, clock, log, ending: signal } = this.#options
    const ends = new Map<string, number[]>()
    if (!this.#hasState) for (const { head, isPutBy } of entries) if (!isPutBy) ends.set(head.stream, [])
    if (ends.size === 0) return true
    for (const { head } of this.#queue.underWay) ends.get(head.stream)?.push(head.to)
    const remember = (): true => {
      store.sending(sink, ends)
      return true
    }
    const doing = 'remember what is being sent'
    return (await whenDiskAllows(remember, { clock, log, signal, doing, about: { sink } })) === true
  }
}

import { type Clock, sleep } from '../../core/clock.ts'
import type { Chunk } from './chunk.ts'
import type { Lane } from './lane.ts'

export interface ForkOptions {
  readonly lanes: readonly Lane[]
  readonly clock: Clock
  /** Nobody waits any longer. */
  readonly signal: AbortSignal
}

/** A lane that has been full for so long while another has room is no short hold-up: what waits for it is put by. */
const patienceMs = 1000

/** The ways of one source to its sinks: one that is slow or dead keeps the others waiting for a moment only. */
export class Fork {
  readonly #options: ForkOptions

  constructor(options: ForkOptions) {
    this.#options = options
  }

  /** Takes a chunk for each lane. Settles when there is room for more, and what can not be read again is safe. */
  async offer(chunkOf: (lane: Lane) => Chunk): Promise<void> {
    const { lanes } = this.#options
    let isLastChance = false
    const safe: Promise<void>[] = []
    for (const lane of lanes) {
      const chunk = chunkOf(lane)
      isLastChance ||= chunk.isLastChance
      const settled = lane.offer(chunk)
      if (settled) safe.push(settled)
    }
    if (isLastChance) for (const lane of lanes) if (!lane.hasRoom) lane.fallBehind()
    if (safe.length > 0) await this.#until(Promise.all(safe))
    await this.#room()
  }

  async #room(): Promise<void> {
    const { lanes, clock, signal } = this.#options
    for (;;) {
      const full = lanes.filter(lane => !lane.hasRoom)
      if (full.length === 0 || signal.aborted) return
      const changes = full.map(lane => lane.changed)
      const mayFallBehind = full.length < lanes.length ? full.filter(lane => !lane.isBehind) : []
      const overdue = mayFallBehind.filter(({ fullMs }) => fullMs >= patienceMs)
      for (const lane of overdue) lane.fallBehind()
      if (overdue.length > 0) continue
      if (mayFallBehind.length === 0) {
        await this.#until(Promise.race(changes))
        continue
      }
      const longest = Math.max(...mayFallBehind.map(({ fullMs }) => fullMs))
      using patience = new Patience(clock, Math.max(1, patienceMs - longest))
      await this.#until(Promise.race([...changes, patience.over]))
    }
  }

  /** Also settles when the signal aborts. */
  async #until(work: Promise<unknown>): Promise<void> {
    const { signal } = this.#options
    if (signal.aborted) return
    const aborted = Promise.withResolvers<void>()
    const abort = (): void => aborted.resolve()
    signal.addEventListener('abort', abort, { once: true })
    try {
      await Promise.race([work, aborted.promise])
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }
}

/** A time that may be cut short. */
class Patience implements Disposable {
  readonly over: Promise<void>
  readonly #controller = new AbortController()

  constructor(clock: Clock, ms: number) {
    this.over = sleep(clock, ms, this.#controller.signal).catch(() => {})
  }

  [Symbol.dispose](): void {
    this.#controller.abort()
  }
}

import { type Clock, sleep } from '../../core/clock.ts'
import type { Sample, Series } from './series.ts'

/** What one question came to. */
export type Answer = Pick<Sample, 'outcome' | 'message'>

interface SamplerOptions {
  readonly clock: Clock
  readonly series: Series
  /** How many questions may wait for their answer: one that hangs must not keep the others away. */
  readonly maxWaiting: number
  ask(signal: AbortSignal): Promise<Answer>
}

/** Asks at every multiple of its interval, counted from its beginning, so that nothing drifts. What it comes too late for it leaves out. */
export class Sampler implements AsyncDisposable {
  readonly #stop = new AbortController()
  readonly #options: SamplerOptions
  readonly #waiting = new Set<Promise<void>>()
  readonly #ended: Promise<void>

  constructor(options: SamplerOptions) {
    this.#options = options
    this.#ended = this.#run()
  }

  /** Settles when no question waits any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#ended
    await Promise.all(this.#waiting)
  }

  async #run(): Promise<void> {
    const { clock, series, maxWaiting } = this.#options
    const { signal } = this.#stop
    const began = clock.monotonic()
    for (let slot = 0; !signal.aborted; ) {
      const late = clock.monotonic() - (began + slot * series.everyMs)
      if (late < 0) await sleep(clock, -late, signal).catch(() => undefined)
      if (signal.aborted) return
      if (this.#waiting.size < maxWaiting) this.#ask()
      slot = Math.max(slot + 1, Math.ceil((clock.monotonic() - began) / series.everyMs))
    }
  }

  #ask(): void {
    const { clock, series, ask } = this.#options
    const startMs = clock.monotonic()
    const asking = ask(this.#stop.signal)
      .catch((error): Answer => ({ outcome: 'lost', message: error instanceof Error ? error.message : String(error) }))
      .then(answer => {
        if (!this.#stop.signal.aborted) series.add({ startMs, endMs: clock.monotonic(), ...answer })
      })
      .finally(() => this.#waiting.delete(asking))
    this.#waiting.add(asking)
  }
}

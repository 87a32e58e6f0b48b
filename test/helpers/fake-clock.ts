import type { Clock } from '../../src/lib/core/clock.ts'

/** A clock that stands still until a test moves it. Starts at a fixed moment, so that records made with it compare. */
export class FakeClock implements Clock {
  #elapsedMs = 0
  #timers: { readonly at: number; readonly call: () => void }[] = []

  constructor(readonly startMs = Date.UTC(2026, 2, 29, 1, 30)) {}

  now(): number {
    return this.startMs + this.#elapsedMs
  }

  monotonic(): number {
    return this.#elapsedMs
  }

  timer(ms: number, call: () => void): () => void {
    const timer = { at: this.#elapsedMs + ms, call }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter(other => other !== timer)
    }
  }

  get timers(): number {
    return this.#timers.length
  }

  /** Fires everything that is due on the way, in order, and lets the promises that hang on it run. */
  async advance(ms: number): Promise<void> {
    const end = this.#elapsedMs + ms
    for (;;) {
      await settle()
      const due = this.#timers.filter(timer => timer.at <= end).sort((a, b) => a.at - b.at)[0]
      if (due === undefined) break
      this.#timers = this.#timers.filter(timer => timer !== due)
      this.#elapsedMs = Math.max(this.#elapsedMs, due.at)
      due.call()
    }
    this.#elapsedMs = end
    await settle()
  }
}

/** One turn of the event loop: every promise that can settle has settled. */
const settle = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

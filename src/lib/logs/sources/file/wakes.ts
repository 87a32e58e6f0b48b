import type { Clock } from '../../../core/clock.ts'

/** Files are read at most every so many milliseconds, and while something comes all the time: what came in between is read together. */
const restMs = 4
const busyRestMs = 12
/** So many waits that were over before they began are all the time. */
const busyStreak = 10

/** Waits for something to do. */
export class Wakes {
  readonly #clock: Clock
  readonly #signal: AbortSignal
  #isWoken = false
  #resolve: (() => void) | undefined
  #lastMs = 0
  #streak = 0

  constructor({ clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal }) {
    this.#clock = clock
    this.#signal = signal
  }

  wake(): void {
    this.#isWoken = true
    this.#resolve?.()
  }

  /** Settles when it was woken, at that moment of the monotonic clock, or when the signal aborts. */
  async until(moment: number): Promise<void> {
    const sinceLast = this.#clock.monotonic() - this.#lastMs
    const rest = this.#streak < busyStreak ? restMs : busyRestMs
    if (sinceLast < rest) await this.#sleep(rest - sinceLast)
    this.#streak = this.#isWoken ? this.#streak + 1 : 0
    if (!this.#isWoken) await this.#sleep(moment - this.#clock.monotonic(), true)
    this.#isWoken = false
    this.#lastMs = this.#clock.monotonic()
  }

  async #sleep(ms: number, wakes = false): Promise<void> {
    if (this.#signal.aborted || ms <= 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const stop = (): void => resolve()
    const cancel = this.#clock.timer(ms, resolve)
    this.#signal.addEventListener('abort', stop)
    if (wakes) this.#resolve = resolve
    await promise
    this.#resolve = undefined
    cancel()
    this.#signal.removeEventListener('abort', stop)
  }
}

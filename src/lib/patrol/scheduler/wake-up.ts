import type { Clock } from '../../core/clock.ts'

/** At the latest after so many milliseconds, so that a stall is noticed even when nothing is to be done. */
const tickMs = 1000
/** Later than meant by more than this is a stall. */
const stallMs = 2000

/** The one timer of the scheduler. */
export class WakeUp {
  readonly #clock: Clock
  readonly #call: () => void
  #cancel: (() => void) | undefined
  /** When it was to ring, or rang; Infinity when nothing was meant. */
  #at = Number.POSITIVE_INFINITY

  constructor(clock: Clock, call: () => void) {
    this.#clock = clock
    this.#call = call
  }

  /** Calls at that moment or before. */
  at(moment: number): void {
    const now = this.#clock.monotonic()
    const at = Math.min(Math.max(moment, now), now + tickMs)
    if (this.#cancel && this.#at <= at) return
    this.#cancel?.()
    this.#at = at
    this.#cancel = this.#clock.timer(Math.ceil(at - now), () => {
      this.#cancel = undefined
      this.#call()
    })
  }

  never(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#at = Number.POSITIVE_INFINITY
  }

  /** How long nothing could be done, told once; 0 when that was no more than some delay. */
  missedMs(now: number): number {
    const ms = now - this.#at
    if (ms <= stallMs) return 0
    this.#at = now
    return ms
  }
}

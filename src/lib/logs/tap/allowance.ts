import type { Clock } from '../../core/clock.ts'

/** So much a second, of which what was not used within a second is gone. */
export class Allowance {
  readonly #clock: Clock
  readonly #perSecond: number
  #left: number
  #at: number

  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock
    this.#perSecond = perSecond
    this.#left = perSecond
    this.#at = clock.monotonic()
  }

  /** What may be used now. */
  get left(): number {
    const now = this.#clock.monotonic()
    this.#left = Math.min(this.#perSecond, this.#left + ((now - this.#at) / 1000) * this.#perSecond)
    this.#at = now
    return this.#left
  }

  use(count: number): void {
    this.#left -= count
  }
}

import type { Clock } from '../../core/clock.ts'

/** What was looked at is good for so many times as long as the look took: all looks together cost two hundredths of the time. */
const times = 50

/** A look that may be dear: made when it is asked for, once for all who ask meanwhile, and kept for a time that follows from what it cost. */
export class DearLook<T> {
  readonly #clock: Clock
  readonly #make: () => Promise<T>
  #look: Promise<T> | undefined
  #goodUntil = 0

  constructor(clock: Clock, make: () => Promise<T>) {
    this.#clock = clock
    this.#make = make
  }

  /** @throws what the look throws, which is then made again */
  get(): Promise<T> {
    if (this.#look !== undefined && this.#clock.monotonic() < this.#goodUntil) return this.#look
    this.#goodUntil = Number.POSITIVE_INFINITY
    this.#look = this.#fresh()
    return this.#look
  }

  async #fresh(): Promise<T> {
    const began = this.#clock.monotonic()
    try {
      const made = await this.#make()
      const now = this.#clock.monotonic()
      this.#goodUntil = now + times * (now - began)
      return made
    } catch (error) {
      this.#goodUntil = 0
      throw error
    }
  }
}

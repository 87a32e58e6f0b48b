import type { Clock } from '../../core/clock.ts'
import type { Log } from '../../core/io.ts'

export interface SinkHealthOptions {
  readonly sink: string
  readonly clock: Clock
  readonly log: Log
}

/** Tells when a sink begins to fail and when it takes records again, and not each try between. */
export class SinkHealth {
  readonly #options: SinkHealthOptions
  #failingSince: number | undefined
  #problem: string | undefined
  #attempts = 0

  constructor(options: SinkHealthOptions) {
    this.#options = options
  }

  /** Why the last attempt failed; undefined while all is well. */
  get problem(): string | undefined {
    return this.#problem
  }

  /** Milliseconds; 0 while all is well. */
  get failingMs(): number {
    return this.#failingSince === undefined ? 0 : this.#options.clock.monotonic() - this.#failingSince
  }

  failed(problem: string): void {
    const { sink, clock, log } = this.#options
    this.#attempts++
    this.#problem = problem
    if (this.#failingSince !== undefined) return
    this.#failingSince = clock.monotonic()
    log('warn', 'a sink takes no records: tried again until it does', { sink, problem })
  }

  /** `waiting` is how many records it is behind. */
  succeeded(waiting: number): void {
    if (this.#failingSince === undefined) return
    const { sink, log } = this.#options
    const seconds = Math.round(this.failingMs / 100) / 10
    log('warn', 'a sink takes records again', { sink, seconds, attempts: this.#attempts, waiting })
    this.#failingSince = undefined
    this.#problem = undefined
    this.#attempts = 0
  }
}

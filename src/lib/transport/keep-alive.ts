import type { Clock } from '../core/clock.ts'

export interface KeepAliveOptions {
  readonly clock: Clock
  /** 0 is never (ServerAliveInterval). */
  readonly intervalMs: number
  /** How many messages may stay without answer (ServerAliveCountMax). */
  readonly countMax: number
  readonly ping: () => void
  readonly onSilence: () => void
}

/** Asks a host for a sign of life while nothing else comes from it. */
export class KeepAlive implements Disposable {
  readonly #options: KeepAliveOptions
  #unanswered = 0
  #cancel: (() => void) | undefined

  constructor(options: KeepAliveOptions) {
    this.#options = options
    if (options.intervalMs > 0) this.#wait()
  }

  /** Something came from the host. */
  heard(): void {
    this.#unanswered = 0
  }

  [Symbol.dispose](): void {
    this.#cancel?.()
  }

  #wait(): void {
    const { clock, intervalMs, countMax, ping, onSilence } = this.#options
    this.#cancel = clock.timer(intervalMs, () => {
      if (this.#unanswered >= countMax) {
        onSilence()
        return
      }
      this.#unanswered++
      ping()
      this.#wait()
    })
  }
}

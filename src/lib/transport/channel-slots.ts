/**
 * How many session channels may be open on one connection. sshd allows MaxSessions of them (10 unless configured) and refuses more;
 * where it refuses earlier the limit sinks to what it took. First come, first served.
 */
export class ChannelSlots {
  #limit = 8
  #open = 0
  readonly #waiting: (() => void)[] = []

  /** Waits for a free slot. `release` has to follow. */
  take(): Promise<void> {
    if (this.#open < this.#limit) {
      this.#open++
      return Promise.resolve()
    }
    return new Promise(resolve => this.#waiting.push(resolve))
  }

  release(): void {
    this.#open--
    while (this.#open < this.#limit) {
      const next = this.#waiting.shift()
      if (!next) return
      this.#open++
      next()
    }
  }

  /** The host refused the channel of a slot: true when others are open, so that it is worth waiting for one of them to close. */
  shrink(): boolean {
    if (this.#open <= 1) return false
    this.#limit = Math.max(1, Math.min(this.#limit, this.#open - 1))
    return true
  }
}

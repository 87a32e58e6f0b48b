/**
 * How many session channels may be open on one connection. sshd allows MaxSessions of them (10 unless configured) and refuses more;
 * where it refuses earlier the limit sinks to what it took. First come, first served.
 */
export class ChannelSlots {
  #limit = 8
  #open = 0
  readonly #waiting: (() => void)[] = []

  /** Waits for a free slot. The returned function gives it back; calling it again does nothing. */
  async take(): Promise<() => void> {
    if (this.#open < this.#limit) this.#open++
    else await new Promise<void>(resolve => this.#waiting.push(resolve))
    let held = true
    return () => {
      if (held) this.#release()
      held = false
    }
  }

  /** The host refused the channel of a slot: true when others are open, so that it is worth waiting for one of them to close. */
  shrink(): boolean {
    if (this.#open <= 1) return false
    this.#limit = Math.max(1, Math.min(this.#limit, this.#open - 1))
    return true
  }

  /** A slot that is handed on stays open. */
  #release(): void {
    this.#open--
    while (this.#open < this.#limit) {
      const next = this.#waiting.shift()
      if (!next) return
      this.#open++
      next()
    }
  }
}

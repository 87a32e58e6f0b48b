import type { Clock } from '../core/clock.ts'
import { formatDuration } from '../core/duration.ts'
import type { OutputPort, Progress, ProgressState } from '../core/io.ts'
import { progressWords } from './progress-text.ts'

const everyMs = 30_000

/** Progress where there is no terminal: a line every 30 seconds, so nothing at all of a short run. */
export class PlainProgress implements Progress {
  readonly #port: OutputPort
  readonly #clock: Clock
  #state: ProgressState | undefined
  #startedAt = 0
  #cancel: (() => void) | undefined
  #stopped = false

  constructor({ port, clock }: { readonly port: OutputPort; readonly clock: Clock }) {
    this.#port = port
    this.#clock = clock
  }

  update(state: ProgressState): void {
    if (this.#stopped) return
    if (this.#state === undefined) {
      this.#startedAt = this.#clock.monotonic()
      this.#schedule()
    }
    this.#state = state
  }

  around(write: () => Promise<void>): Promise<void> {
    return write()
  }

  stop(): void {
    this.#stopped = true
    this.#cancel?.()
  }

  #schedule(): void {
    this.#cancel = this.#clock.timer(everyMs, () => void this.#print(), { background: true })
  }

  /** Trouble with stderr is no reason to stop a run: whoever writes a result there will meet it. */
  async #print(): Promise<void> {
    if (this.#stopped || this.#state === undefined) return
    const elapsed = formatDuration(this.#clock.monotonic() - this.#startedAt)
    try {
      await this.#port.write(`${progressWords(this.#state, this.#port.style)} after ${elapsed}\n`)
    } catch {
      this.stop()
    }
    if (!this.#stopped) this.#schedule()
  }
}

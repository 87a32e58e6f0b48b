import { type Clock, sleep } from '../core/clock.ts'

interface HeartbeatOptions {
  readonly clock: Clock
  readonly everyMs: number
  /** Trouble of one beat is no trouble as long as a later one comes in time: whoever listens decides that. */
  beat(signal: AbortSignal): Promise<void>
}

/** Gives a sign of life again and again until it is disposed of. A beat that takes long delays the next one. */
export class Heartbeat implements AsyncDisposable {
  readonly #stop = new AbortController()
  readonly #ended: Promise<void>

  constructor(options: HeartbeatOptions) {
    this.#ended = this.#run(options)
  }

  /** Settles when no beat is on its way any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#ended
  }

  async #run({ clock, everyMs, beat }: HeartbeatOptions): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted) {
      await sleep(clock, everyMs, signal).catch(() => undefined)
      if (!signal.aborted) await beat(signal).catch(() => undefined)
    }
  }
}

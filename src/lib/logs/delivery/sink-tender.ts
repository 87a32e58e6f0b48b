import type { Json } from '../../core/json.ts'
import type { LaneOptions } from './lane-options.ts'

interface SinkTenderOptions extends Pick<LaneOptions, 'name' | 'sink' | 'clock' | 'log'> {
  /** It is time: `begin` it as soon as nothing is on its way to the sink. */
  readonly onDue: () => void
  readonly remember: (state: Json) => Promise<unknown>
  readonly onEnd: () => void
}

const tendMs = 1000

/** Lets a sink look after itself every second, in a moment in which nothing is sent to it, and has what it says of itself remembered. */
export class SinkTender {
  readonly #options: SinkTenderOptions
  #isDue = false
  #running: Promise<void> | undefined
  #cancelTimer: (() => void) | undefined
  #isClosed = false

  constructor(options: SinkTenderOptions) {
    this.#options = options
    if (options.sink.tend) this.#waitForTime()
  }

  /** Nothing more is to be sent until it was tended. */
  get isDue(): boolean {
    return this.#isDue
  }

  begin(): void {
    this.#running ??= this.#tend()
  }

  /** It is not tended again. */
  stop(): void {
    this.#isClosed = true
    this.#cancelTimer?.()
  }

  /** Settles when it is not being tended any more. */
  async idle(): Promise<void> {
    await this.#running
  }

  #waitForTime(): void {
    const due = (): void => {
      this.#isDue = true
      this.#options.onDue()
    }
    this.#cancelTimer = this.#options.clock.timer(tendMs, due, { background: true })
  }

  async #tend(): Promise<void> {
    const { name, sink, log, remember, onEnd } = this.#options
    try {
      const state = await sink.tend?.()
      if (state !== undefined) await remember(state)
    } catch (error) {
      log('warn', 'a sink could not be tended', { sink: name, problem: String(error) })
    }
    this.#isDue = false
    this.#running = undefined
    if (this.#isClosed) return
    this.#waitForTime()
    onEnd()
  }
}

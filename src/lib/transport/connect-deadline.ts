import type { Clock } from '../core/clock.ts'
import { formatDuration } from '../core/duration.ts'
import { type ConnectStage, TransportError } from '../core/transport.ts'
import { endedBy, stoppedBecause } from './command-watch.ts'

const late: Readonly<Record<ConnectStage, string>> = {
  resolve: 'the name was not resolved',
  connect: 'no answer to the connection attempt',
  banner: 'connected, but the host did not introduce itself',
  handshake: 'the key exchange did not end',
  hostkey: 'the host key was not judged',
  auth: 'the authentication did not end',
  session: 'no session was opened',
}

/** The time limit of one attempt to connect. It knows the stage, and stands still while a person is asked. */
export class ConnectDeadline implements Disposable {
  readonly #clock: Clock
  readonly #ms: number
  readonly #outer: AbortSignal
  readonly #onStage: ((stage: ConnectStage) => void) | undefined
  readonly #controller = new AbortController()
  readonly #onAbort = (): void =>
    this.#controller.abort(new TransportError(endedBy(this.#outer), stoppedBecause(this.#outer), { stage: this.#stage }))
  #stage: ConnectStage = 'resolve'
  #remainingMs: number
  #runningSince = 0
  #holds = 0
  #cancel: (() => void) | undefined

  constructor(input: {
    readonly clock: Clock
    /** 0 is never. */
    readonly ms: number
    readonly signal: AbortSignal
    readonly onStage?: ((stage: ConnectStage) => void) | undefined
  }) {
    this.#clock = input.clock
    this.#ms = this.#remainingMs = input.ms
    this.#outer = input.signal
    this.#onStage = input.onStage
    if (this.#outer.aborted) this.#onAbort()
    else this.#outer.addEventListener('abort', this.#onAbort, { once: true })
    this.#run()
  }

  /** Aborts with a TransportError. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  get stage(): ConnectStage {
    return this.#stage
  }

  enter(stage: ConnectStage): void {
    this.#stage = stage
    this.#onStage?.(stage)
  }

  /** Waits for a person without counting the time. */
  async hold<T>(waiting: Promise<T>): Promise<T> {
    if (this.#holds++ === 0) {
      this.#cancel?.()
      this.#remainingMs -= this.#clock.monotonic() - this.#runningSince
    }
    try {
      return await waiting
    } finally {
      if (--this.#holds === 0) this.#run()
    }
  }

  [Symbol.dispose](): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#outer.removeEventListener('abort', this.#onAbort)
  }

  #run(): void {
    if (this.#ms === 0 || this.signal.aborted) return
    this.#runningSince = this.#clock.monotonic()
    this.#cancel = this.#clock.timer(Math.max(0, this.#remainingMs), () => {
      const message = `${late[this.#stage]} within ${formatDuration(this.#ms)}`
      // Not tried again: the host had all the time that it was to have.
      this.#controller.abort(new TransportError('connect-timeout', message, { stage: this.#stage }))
    })
  }
}

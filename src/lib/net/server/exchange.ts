import type { IncomingMessage, ServerResponse as Outgoing } from 'node:http'
import type { Clock } from '../../core/clock.ts'
import type { ServerLimits } from './limits.ts'
import { Refusal } from './refusal.ts'

/** One request and its answer: what ends it, and how much of the other side may be waited for. */
export class Exchange {
  readonly incoming: IncomingMessage
  readonly outgoing: Outgoing
  readonly limits: ServerLimits
  readonly #clock: Clock
  readonly #controller = new AbortController()
  #cancel: () => void
  #interrupt: (reason: unknown) => void = () => {}

  constructor(
    { incoming, outgoing }: { readonly incoming: IncomingMessage; readonly outgoing: Outgoing },
    { clock, limits }: { readonly clock: Clock; readonly limits: ServerLimits },
  ) {
    this.incoming = incoming
    this.outgoing = outgoing
    this.limits = limits
    this.#clock = clock
    this.#cancel = clock.timer(limits.requestMs, () => this.abort(new Refusal(503, 'the time for an answer is over')), {
      background: true,
    })
    // A client that goes away is no error of ours.
    incoming.on('error', () => {})
    outgoing.on('error', () => {})
    outgoing.once('close', () => this.#closed())
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  get isOver(): boolean {
    return this.outgoing.closed || this.outgoing.destroyed
  }

  /** Settles as the work does, or rejects with the signal's reason before. */
  withinTime<T>(work: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      // Cheaper than a listener at the signal, and there is one for every request.
      this.#interrupt = reject
      if (this.signal.aborted) reject(this.signal.reason)
      work.then(resolve, reject)
    })
  }

  /** From now on the client has so long to take something; begun anew with every call. */
  awaitClient(): void {
    this.#cancel()
    this.#cancel = this.#clock.timer(this.limits.stallMs, () => this.cut(), { background: true })
  }

  /** From now on nothing is due. */
  rest(): void {
    this.#cancel()
    this.#cancel = () => {}
  }

  abort(reason: unknown): void {
    this.#controller.abort(reason)
    this.#interrupt(this.signal.reason)
  }

  /** Closes the connection: what was sent is not whole, and nobody shall take it for that. */
  cut(): void {
    this.abort(new Error('the connection was cut'))
    this.incoming.socket.destroy()
  }

  #closed(): void {
    this.rest()
    if (!this.#controller.signal.aborted) this.abort(new Error('the client has its answer, or has gone'))
  }
}

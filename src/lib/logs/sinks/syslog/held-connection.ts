import type { Duplex } from 'node:stream'
import { NetError, netError } from '../../../net/net-error.ts'
import { untilAborted } from '../broker/until-aborted.ts'

/** A connection that is kept for many writes. */
export class HeldConnection implements Disposable {
  readonly #stream: Duplex
  readonly #lost = Promise.withResolvers<never>()
  #isLost = false

  constructor(stream: Duplex) {
    this.#stream = stream
    this.#lost.promise.catch(() => undefined)
    stream.on('error', error => this.#lose(netError(error, { phase: 'wait' })))
    stream.on('end', () => this.#lose(closed()))
    stream.on('close', () => this.#lose(closed()))
    stream.resume()
  }

  get isLost(): boolean {
    return this.#isLost
  }

  /** Settles when the system has taken all and the connection still stands. @throws NetError; the signal's reason */
  async write(bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    const written = Promise.withResolvers<void>()
    this.#stream.write(bytes, error => (error ? written.reject(netError(error, { phase: 'wait' })) : written.resolve()))
    await untilAborted(Promise.race([written.promise, this.#lost.promise]), signal)
    if (this.#isLost) await this.#lost.promise
  }

  [Symbol.dispose](): void {
    this.#stream.end()
    this.#stream.destroy()
  }

  #lose(error: Error): void {
    this.#isLost = true
    this.#lost.reject(error)
  }
}

const closed = (): NetError => new NetError('reset', 'the server closed the connection', { phase: 'wait' })

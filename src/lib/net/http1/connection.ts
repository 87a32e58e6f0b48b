import type { Duplex } from 'node:stream'
import type { Clock } from '../../core/clock.ts'
import { NetError } from '../net-error.ts'
import type { Progress } from '../progress.ts'
import { tlsFailure } from '../tls/tls-failure.ts'
import type { AnswerHead } from './answer-head.ts'
import { AnswerReader } from './answer-reader.ts'
import type { Field } from './field.ts'
import type { BodyLimits } from './held-body.ts'
import { noBytes } from './no-bytes.ts'
import { protocolError } from './protocol-error.ts'
import type { WrittenRequest } from './request-head.ts'

export interface Answer {
  readonly status: number
  /** `1.0`, `1.1`, `2`. */
  readonly version: string
  readonly headers: readonly Field[]
  /** As much as the limits keep. */
  readonly body: Buffer
  /** Of all of it. */
  readonly bodyBytes: number
  /** Fields that came after the body; of HTTP/2 only. */
  readonly trailers?: readonly Field[]
}

export interface ExchangeOptions {
  readonly signal: AbortSignal
  readonly progress: Progress
  readonly limits: BodyLimits
  /** Told the head of the answer, also where its body never comes to its end. */
  readonly onHead?: (head: AnswerHead) => void
}

/** One that is sent in one piece is gone at once, as far as can be told. */
const sentAtOnceBytes = 16_384

interface Exchange {
  readonly request: WrittenRequest
  readonly reader: AnswerReader
  readonly options: ExchangeOptions
  readonly resolve: (answer: Answer) => void
  readonly reject: (reason: unknown) => void
  readonly abort: () => void
  /** Moment of the clock in which the stage began. */
  since: number
  /** All of the request is on its way: nothing reads its memory any more. */
  isSent: boolean
}

/**
 * HTTP/1.1 on an open stream, one exchange after the other. The listeners on the stream stay for its life, since taking them off and on
 * costs as much as the exchange.
 */
export class Http1Connection {
  readonly #stream: Duplex
  readonly #clock: Clock
  #exchange: Exchange | undefined
  #open = true
  #rest: Buffer = noBytes
  readonly #onData = (bytes: Buffer): void => this.#data(bytes)
  readonly #onEnd = (): void => this.#ended()
  readonly #onError = (error: Error): void => this.#lost(error)
  readonly #onClose = (): void => this.#lost(undefined)
  /** Whether there was any byte of an answer to the last request. */
  answered = false
  /** Told once, when the other side ends it between two exchanges. */
  onIdleEnd: (() => void) | undefined

  constructor(stream: Duplex, clock: Clock) {
    this.#stream = stream
    this.#clock = clock
    stream.on('data', this.#onData)
    stream.on('end', this.#onEnd)
    stream.on('error', this.#onError)
    stream.on('close', this.#onClose)
  }

  /** Whether another exchange can begin. */
  get isOpen(): boolean {
    return this.#open
  }

  /** What came after an answer that ended HTTP on this stream: after CONNECT, or 101. */
  get rest(): Buffer {
    return this.#rest
  }

  /**
   * Sends a request and reads its answer. The connection closes itself when no further request may follow.
   * @throws NetError; the signal's reason when it aborts
   */
  exchange(request: WrittenRequest, options: ExchangeOptions): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const { signal } = options
      if (signal.aborted) return reject(signal.reason)
      const reader = new AnswerReader(request.method, options.limits, options.onHead)
      const abort = (): void => this.#fail(signal.reason)
      const exchange = { request, reader, options, resolve, reject, abort, since: this.#clock.monotonic(), isSent: true }
      this.#exchange = exchange
      signal.addEventListener('abort', abort)
      options.progress.phase = 'wait'
      this.#send(exchange)
    })
  }

  /** Gives the stream up without closing it, for what follows after CONNECT or 101. */
  release(): Duplex {
    this.#open = false
    this.#stream.pause()
    this.#stream.removeListener('data', this.#onData)
    this.#stream.removeListener('end', this.#onEnd)
    this.#stream.removeListener('error', this.#onError)
    this.#stream.removeListener('close', this.#onClose)
    return this.#stream
  }

  close(): void {
    this.#open = false
    this.#stream.destroy()
  }

  #send(exchange: Exchange): void {
    const { head, body } = exchange.request
    const length = body?.length ?? 0
    if (body === undefined || length === 0) {
      this.#stream.write(head)
      return
    }
    const sent = (): void => {
      exchange.isSent = true
      if (!exchange.reader.started) exchange.since = this.#clock.monotonic()
    }
    if (length <= sentAtOnceBytes) {
      this.#stream.write(Buffer.concat([Buffer.from(head), body]))
      return
    }
    // A copy of what is long would cost more than the packet that the head has to itself.
    exchange.isSent = false
    this.#stream.write(head)
    this.#stream.write(body, sent)
  }

  #data(bytes: Buffer): void {
    const exchange = this.#exchange
    // What comes unasked belongs to no answer: the connection can not be trusted any more.
    if (exchange === undefined) {
      this.#endIdle()
      return
    }
    const { reader } = exchange
    if (!reader.started) this.#begin(exchange)
    try {
      reader.push(bytes)
      if (reader.done) this.#finish(exchange)
    } catch (error) {
      this.#fail(error)
    }
  }

  #begin(exchange: Exchange): void {
    const now = this.#clock.monotonic()
    const { progress } = exchange.options
    progress.done('wait', now - exchange.since)
    progress.phase = 'transfer'
    exchange.since = now
  }

  #ended(): void {
    const exchange = this.#exchange
    if (exchange === undefined) {
      this.#endIdle()
      return
    }
    this.#open = false
    try {
      exchange.reader.end()
      this.#finish(exchange)
    } catch (error) {
      this.#fail(error)
    }
  }

  #lost(error: unknown): void {
    const exchange = this.#exchange
    if (exchange === undefined) {
      this.#endIdle()
      return
    }
    const { phase } = exchange.options.progress
    this.#fail(error === undefined ? new NetError('reset', 'the connection was closed', { phase }) : tlsFailure(error, { phase }))
  }

  #endIdle(): void {
    if (this.#open) this.close()
    this.onIdleEnd?.()
    this.onIdleEnd = undefined
  }

  /** @throws NetError */
  #finish(exchange: Exchange): void {
    const { reader, options, resolve, request } = exchange
    const { head } = reader
    if (head === undefined) return
    const switched = reader.switched
    if (switched && !request.switches) throw protocolError('the server switches protocols, which was not asked for')
    this.#settle(exchange)
    options.progress.done('transfer', this.#clock.monotonic() - exchange.since)
    if (switched) this.#rest = reader.rest
    // Who answers before the end of a request can not be given the rest of it behind the receipt.
    else if (!reader.keepsConnection || !exchange.isSent) this.close()
    const { status, version, headers } = head
    resolve({ status, version, headers, body: reader.body, bodyBytes: reader.bodyBytes })
  }

  #fail(reason: unknown): void {
    const exchange = this.#exchange
    if (exchange === undefined) return
    this.#settle(exchange)
    this.close()
    exchange.reject(reason)
  }

  #settle({ reader, options, abort }: Exchange): void {
    this.#exchange = undefined
    this.answered = reader.started
    options.signal.removeEventListener('abort', abort)
  }
}

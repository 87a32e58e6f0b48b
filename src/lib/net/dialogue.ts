import type { Duplex } from 'node:stream'
import { Arrival } from './arrival.ts'
import { ByteQueue } from './byte-queue.ts'
import { NetError } from './net-error.ts'
import { tlsFailure } from './tls/tls-failure.ts'

export interface DialogueOptions {
  readonly signal: AbortSignal
  /** The other side may say so much; 64 KiB when absent. */
  readonly maxBytes?: number
  /** What follows, for messages; `TLS` when absent. */
  readonly before?: string
}

/**
 * Questions and answers over an open stream, before something else takes it over: it reads what it is asked for and no more. Ends with
 * the signal, whose reason is what is thrown then.
 */
export class Dialogue implements Disposable {
  readonly #stream: Duplex
  readonly #signal: AbortSignal
  readonly #maxBytes: number
  readonly #end: NetError
  readonly #before: string
  /** What nobody has asked for yet. */
  readonly #received = new ByteQueue()
  #total = 0
  readonly #arrival = new Arrival()

  constructor(stream: Duplex, { signal, maxBytes = 65_536, before = 'TLS' }: DialogueOptions) {
    this.#stream = stream
    this.#signal = signal
    this.#maxBytes = maxBytes
    this.#before = before
    this.#end = new NetError('reset', `the server closed the connection before ${before}`, { phase: 'wait' })
    stream.on('data', this.#take)
    stream.on('error', this.#broken)
    stream.on('end', this.#closed)
    stream.on('close', this.#closed)
    signal.addEventListener('abort', this.#abort)
    if (signal.aborted) this.#abort()
  }

  send(text: string | Uint8Array): void {
    this.#stream.write(text)
  }

  /** The next line, without its end. */
  async line(): Promise<string> {
    return (await this.until('\n')).replace(/\r?\n$/, '')
  }

  /** The next line as `line` gives it, or what came after the last one; undefined where the other side has ended it. */
  async nextLine(): Promise<string | undefined> {
    try {
      return await this.line()
    } catch (error) {
      if (error !== this.#end) throw error
      return this.#received.length === 0 ? undefined : this.#received.take(this.#received.length).toString()
    }
  }

  /** Everything up to the mark and with it. */
  async until(mark: string): Promise<string> {
    for (let from = 0; ; ) {
      const at = this.#received.bytes.indexOf(mark, from)
      if (at !== -1) return this.#received.take(at + Buffer.byteLength(mark)).toString()
      from = Math.max(0, this.#received.length - mark.length)
      await this.#arrival.next()
    }
  }

  async bytes(count: number): Promise<Buffer> {
    if (count > this.#maxBytes) throw this.#tooMuch()
    while (this.#received.length < count) await this.#arrival.next()
    return this.#received.take(count)
  }

  /**
   * The server has given the word: it must be silent until we begin. What came together with its word was not sent by who holds the
   * certificate, and could be put in front of what is protected later.
   */
  silent(): void {
    if (this.#received.length > 0) {
      throw new NetError('protocol', 'the server goes on without TLS after it agreed to it', { phase: 'wait' })
    }
  }

  readonly #take = (chunk: Uint8Array): void => {
    this.#total += chunk.length
    if (this.#total > this.#maxBytes) this.#arrival.fail(this.#tooMuch())
    else this.#received.push(chunk)
    this.#arrival.came()
  }

  readonly #broken = (error: Error): void => this.#arrival.fail(tlsFailure(error, { phase: 'wait' }))
  readonly #closed = (): void => this.#arrival.fail(this.#end)
  readonly #abort = (): void => this.#arrival.fail(this.#signal.reason)

  #tooMuch(): NetError {
    return new NetError('too-large', `the server says more than ${this.#maxBytes} bytes before ${this.#before}`, {
      phase: 'wait',
    })
  }

  [Symbol.dispose](): void {
    // Whoever takes over has not begun to listen yet.
    this.#stream.on('error', () => undefined)
    this.#stream.off('data', this.#take)
    this.#stream.off('error', this.#broken)
    this.#stream.off('end', this.#closed)
    this.#stream.off('close', this.#closed)
    this.#signal.removeEventListener('abort', this.#abort)
  }
}

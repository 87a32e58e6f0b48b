import { randomBytes } from 'node:crypto'
import type { Duplex } from 'node:stream'
import type { Clock } from '../../core/clock.ts'
import { Arrival } from '../arrival.ts'
import { NetError } from '../net-error.ts'
import { tlsFailure } from '../tls/tls-failure.ts'
import { encodeFrame, FrameReader, type Opcode, opcodes } from './frame.ts'
import { type Message, MessageReader } from './message-reader.ts'

interface WebSocketOptions {
  readonly clock: Clock
  /** Ends it; its reason is what is thrown. */
  readonly signal: AbortSignal
  /** The server may say so much. */
  readonly maxBytes: number
}

/** How a connection was closed: a code of RFC 6455, section 7.4. */
export interface Closed {
  readonly code?: number
  readonly reason: string
}

/** The server has so long to answer that we close, milliseconds. */
const closeMs = 1000
const normal = 1000

/** The client's side of a WebSocket (RFC 6455) on a stream that has gone over to it. Answers pings by itself. */
export class WebSocketConnection implements Disposable {
  readonly #stream: Duplex
  readonly #options: WebSocketOptions
  readonly #frames: FrameReader
  readonly #messages = new MessageReader()
  /** Those that nobody has asked for yet. */
  readonly #texts: string[] = []
  /** What the answer to our ping must say. */
  #awaited: string | undefined
  #saysClosed = false
  #total = 0
  readonly #arrival = new Arrival()
  #ended = false
  /** What the server said when it closed. */
  closed: Closed | undefined

  constructor(stream: Duplex, options: WebSocketOptions) {
    const { signal, maxBytes } = options
    this.#stream = stream
    this.#options = options
    this.#frames = new FrameReader(maxBytes)
    stream.on('data', this.#take)
    stream.on('error', this.#broken)
    stream.on('end', this.#end)
    stream.on('close', this.#end)
    signal.addEventListener('abort', this.#abort)
    if (signal.aborted) this.#abort()
    // It was held back until somebody listens.
    stream.resume()
  }

  send(text: string): void {
    this.#send(opcodes.text, Buffer.from(text))
  }

  /** The next text; undefined when the server has closed. @throws NetError; the signal's reason */
  async next(): Promise<string | undefined> {
    for (;;) {
      const text = this.#texts.shift()
      if (text !== undefined) return text
      if (this.closed !== undefined) return undefined
      if (!this.#arrival.failed && this.#ended) return undefined
      await this.#arrival.next()
    }
  }

  /** Waits for the answer to a ping. @throws NetError; the signal's reason */
  async ping(): Promise<void> {
    const word = randomBytes(8)
    this.#awaited = word.toString('hex')
    this.#send(opcodes.ping, word)
    while (this.#awaited !== undefined) {
      if (this.closed !== undefined || (!this.#arrival.failed && this.#ended)) {
        throw new NetError('reset', 'the server closed the connection before it answered a ping', { phase: 'wait' })
      }
      await this.#arrival.next()
    }
  }

  /** Says that we close, and waits for the server to say so too, a second at most. What it says otherwise is of no use any more. */
  async close(): Promise<Closed | undefined> {
    const { clock } = this.#options
    if (this.closed !== undefined || this.#arrival.failed || this.#ended) return this.closed
    this.#sayClosed(codeBytes(normal))
    let late = false
    const cancel = clock.timer(closeMs, () => {
      late = true
      this.#arrival.came()
    })
    try {
      while (this.closed === undefined && !late && !this.#ended) await this.#arrival.next()
    } catch {
      // It was over in any case.
    } finally {
      cancel()
    }
    return this.closed
  }

  #send(opcode: Opcode, payload: Buffer): void {
    if (!this.#stream.destroyed) this.#stream.write(encodeFrame({ final: true, opcode, payload }, randomBytes(4)))
  }

  /** Each side says it once. */
  #sayClosed(payload: Buffer): void {
    if (!this.#saysClosed) this.#send(opcodes.close, payload)
    this.#saysClosed = true
  }

  readonly #take = (bytes: Uint8Array): void => {
    if (this.#arrival.failed || this.closed !== undefined) return
    try {
      this.#total += bytes.length
      const { maxBytes } = this.#options
      if (this.#total > maxBytes) {
        throw new NetError('too-large', `the server says more than ${maxBytes} bytes`, { phase: 'transfer' })
      }
      this.#frames.push(bytes)
      for (let frame = this.#frames.next(); frame; frame = this.#frames.next()) {
        const message = this.#messages.add(frame)
        if (message) this.#hear(message)
        if (this.closed !== undefined) break
      }
    } catch (error) {
      this.#arrival.fail(error)
    }
    this.#arrival.came()
  }

  #hear(message: Message): void {
    switch (message.kind) {
      case 'text':
        this.#texts.push(message.text)
        break
      case 'ping':
        this.#send(opcodes.pong, message.bytes)
        break
      case 'pong':
        if (message.bytes.toString('hex') === this.#awaited) this.#awaited = undefined
        break
      case 'close': {
        const { code, reason } = message
        this.closed = { reason, ...(code !== undefined && { code }) }
        this.#sayClosed(code === undefined ? Buffer.alloc(0) : codeBytes(code))
        break
      }
      case 'binary':
        break
    }
  }

  readonly #broken = (error: Error): void => this.#arrival.fail(tlsFailure(error, { phase: 'transfer' }))
  readonly #abort = (): void => this.#arrival.fail(this.#options.signal.reason)
  readonly #end = (): void => {
    this.#ended = true
    this.#arrival.came()
  };

  /** Gives the stream up; who opened it closes it. */
  [Symbol.dispose](): void {
    this.#stream.on('error', () => undefined)
    this.#stream.off('data', this.#take)
    this.#stream.off('error', this.#broken)
    this.#stream.off('end', this.#end)
    this.#stream.off('close', this.#end)
    this.#options.signal.removeEventListener('abort', this.#abort)
  }
}

function codeBytes(code: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(code)
  return bytes
}

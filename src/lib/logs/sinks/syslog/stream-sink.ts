import { sleep } from '../../../core/clock.ts'
import type { OpenSink, Parcel, Receipt } from '../../../core/sink.ts'
import { HeldConnection } from './held-connection.ts'
import { type MessageMaker, receiptOf } from './message-maker.ts'
import { openStream, type StreamWish } from './open-stream.ts'
import { writeAndClose } from './write-and-close.ts'

interface StreamSinkWish extends StreamWish {
  readonly maker: MessageMaker
  readonly framing: 'octet-counting' | 'newline'
  readonly acknowledge: 'close' | 'write'
}

/** Less than this waits, so that a trickle of records does not make a connection for each. */
const fewBytes = 64 * 1024
const pauseMs = 1000

/** Plain syslog over TCP and TLS (RFC 6587, RFC 5425), which has no acknowledgement of its own. */
export class StreamSink implements OpenSink {
  readonly #wish: StreamSinkWish
  #held: HeldConnection | undefined
  /** Of the last connection that was made for one send, on the monotonic clock. */
  #began = Number.NEGATIVE_INFINITY

  constructor(wish: StreamSinkWish) {
    this.#wish = wish
  }

  async send(parcels: readonly Parcel[], signal: AbortSignal): Promise<Receipt> {
    const { maker, acknowledge } = this.#wish
    const made = maker.of(parcels)
    if (made.messages.length === 0) return receiptOf(made)
    const bytes = Buffer.concat(made.messages.flatMap(message => this.#framed(message.bytes)))
    try {
      if (acknowledge === 'close') await this.#sendAndClose(bytes, signal)
      else await this.#sendAndHold(bytes, signal)
      return receiptOf(made)
    } catch (error) {
      this.#drop()
      return receiptOf(made, { error: signal.aborted ? signal.reason : error })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#drop()
  }

  async #sendAndClose(bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    const { clock } = this.#wish.place
    const since = clock.monotonic() - this.#began
    if (bytes.length < fewBytes && since < pauseMs) await sleep(clock, pauseMs - since, signal)
    this.#began = clock.monotonic()
    await writeAndClose(await openStream(this.#wish, signal), bytes, signal)
  }

  async #sendAndHold(bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    if (this.#held?.isLost) this.#drop()
    this.#held ??= new HeldConnection(await openStream(this.#wish, signal))
    await this.#held.write(bytes, signal)
  }

  /** RFC 6587, sections 3.4.1 and 3.4.2. */
  #framed(message: Buffer): Buffer[] {
    return this.#wish.framing === 'newline' ? [message, lineEnd] : [Buffer.from(`${message.length} `), message]
  }

  #drop(): void {
    this.#held?.[Symbol.dispose]()
    this.#held = undefined
  }
}

const lineEnd = Buffer.from('\n')

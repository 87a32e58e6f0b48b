import { sleep } from '../../../core/clock.ts'
import type { OpenSink, Parcel, Receipt, SinkPlace } from '../../../core/sink.ts'
import { DatagramSender } from '../../../net/datagram-sender.ts'
import { type MadeMessages, type MessageMaker, receiptOf } from './message-maker.ts'
import type { SyslogServer } from './server-url.ts'

interface DatagramSinkWish {
  readonly server: SyslogServer
  readonly place: SinkPlace
  readonly maker: MessageMaker
}

/** So long a machine nearby has to say that nobody listens there. */
const icmpMs = 20

/** Syslog over UDP (RFC 5426): what the system took is taken to be delivered, since nobody ever says more. */
export class DatagramSink implements OpenSink {
  readonly #wish: DatagramSinkWish
  #sender: DatagramSender | undefined

  constructor(wish: DatagramSinkWish) {
    this.#wish = wish
  }

  async send(parcels: readonly Parcel[], signal: AbortSignal): Promise<Receipt> {
    const made = this.#wish.maker.of(parcels)
    try {
      await this.#deliver(made, signal)
      return receiptOf(made)
    } catch (error) {
      this.#drop()
      return receiptOf(made, { error: signal.aborted ? signal.reason : error })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#drop()
  }

  async #deliver({ messages }: MadeMessages, signal: AbortSignal): Promise<void> {
    const { server, place } = this.#wish
    this.#sender ??= await DatagramSender.open({ ...server, signal })
    const sender = this.#sender
    sender.takeProblem()
    for (const { bytes } of messages) {
      signal.throwIfAborted()
      await sender.send(bytes)
    }
    await sleep(place.clock, icmpMs, signal)
    const problem = sender.takeProblem()
    if (problem) throw problem
  }

  #drop(): void {
    this.#sender?.[Symbol.dispose]()
    this.#sender = undefined
  }
}

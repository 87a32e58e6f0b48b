import type { OpenSink, Parcel, Receipt } from '../../../core/sink.ts'
import { withDeadline } from '../../../run/deadline.ts'
import { type MessageMaker, type PlacedMessage, receiptOf } from './message-maker.ts'
import { openStream, type StreamWish } from './open-stream.ts'
import { RelpSession } from './relp-session.ts'

interface RelpSinkWish extends StreamWish {
  readonly maker: MessageMaker
}

const goodbyeMs = 500

/** Syslog over RELP: the receiver acknowledges each message. */
export class RelpSink implements OpenSink {
  readonly #wish: RelpSinkWish
  #session: RelpSession | undefined

  constructor(wish: RelpSinkWish) {
    this.#wish = wish
  }

  async send(parcels: readonly Parcel[], signal: AbortSignal): Promise<Receipt> {
    const made = this.#wish.maker.of(parcels)
    const taken = new Set<PlacedMessage>()
    try {
      if (made.messages.length > 0) {
        if (this.#session?.isLost) this.#drop()
        this.#session ??= await RelpSession.open(await openStream(this.#wish, signal), signal)
        await this.#session.deliver(made.messages, { signal, onTaken: message => void taken.add(message) })
      }
      return receiptOf(made)
    } catch (error) {
      this.#drop()
      return receiptOf(made, { error: signal.aborted ? signal.reason : error, taken })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const session = this.#session
    this.#session = undefined
    const { clock } = this.#wish.place
    const limits = { ms: goodbyeMs, signal: new AbortController().signal, reason: () => new Error('no goodbye') }
    if (session) await withDeadline(clock, limits, signal => session.close(signal))
  }

  #drop(): void {
    this.#session?.[Symbol.dispose]()
    this.#session = undefined
  }
}

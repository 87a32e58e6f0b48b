import { randomHex } from '../../core/random-hex.ts'
import { type EventFeed, type EventListener, encodeEvent, type ServerEvent } from './event-feed.ts'

/** One stream of events for many clients: each event is encoded once, and the last ones are kept for clients that come back. */
export class EventHub {
  readonly #kept: number
  readonly #listeners = new Set<EventListener>()
  readonly #last: { readonly number: number; readonly bytes: Uint8Array }[] = []
  /** Ids of another process are not ours. */
  readonly #era = randomHex(4)
  #number = 0

  /** `kept` events for those who come back. */
  constructor({ kept = 256 }: { readonly kept?: number } = {}) {
    this.#kept = kept
  }

  get listeners(): number {
    return this.#listeners.size
  }

  /** Of the newest event: who asks for what follows it misses nothing. */
  get lastId(): string {
    return `${this.#era}-${this.#number}`
  }

  publish(event: Omit<ServerEvent, 'id'>): void {
    const number = ++this.#number
    const bytes = encodeEvent({ ...event, id: this.lastId })
    this.#last.push({ number, bytes })
    if (this.#last.length > this.#kept) this.#last.shift()
    for (const listener of [...this.#listeners]) listener.push(bytes)
  }

  /**
   * What comes from now on. For a client that comes back, with its `Last-Event-ID`, first what it missed; where that is not all known any
   * more, an event `reset`: it has to ask for everything anew.
   */
  feed(lastEventId?: string): EventFeed {
    return {
      subscribe: listener => {
        for (const bytes of this.#missed(lastEventId)) listener.push(bytes)
        this.#listeners.add(listener)
        return () => this.#listeners.delete(listener)
      },
    }
  }

  #missed(lastEventId: string | undefined): readonly Uint8Array[] {
    if (lastEventId === undefined || lastEventId === '') return []
    const [era, digits] = lastEventId.split('-')
    const seen = Number(digits)
    const first = this.#last[0]?.number ?? this.#number + 1
    const isKnown = era === this.#era && Number.isInteger(seen) && seen >= first - 1 && seen <= this.#number
    if (!isKnown) return [encodeEvent({ event: 'reset', data: '', id: this.lastId })]
    return this.#last.filter(({ number }) => number > seen).map(({ bytes }) => bytes)
  }
}

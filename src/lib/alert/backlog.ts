import { alertSeverities } from '../core/alert.ts'
import type { Send, Thread } from './incident.ts'

/** What waits for one channel, whether it is due or not. */
export class Backlog {
  /** In the order in which it came. */
  readonly #sends = new Map<Send, Thread>()
  #bytes = 0

  get size(): number {
    return this.#sends.size
  }

  get bytes(): number {
    return this.#bytes
  }

  add(send: Send, thread: Thread): void {
    this.#sends.set(send, thread)
    this.#bytes += send.bytes
  }

  remove(send: Send): void {
    if (this.#sends.delete(send)) this.#bytes -= send.bytes
  }

  [Symbol.iterator](): IterableIterator<[Send, Thread]> {
    return this.#sends.entries()
  }

  /** What is given up first when there is too much: the oldest of the least urgent, and the end of an incident only when nothing else is left. */
  leastWanted(isSending: (send: Send) => boolean): [Send, Thread] | undefined {
    let found: [Send, Thread] | undefined
    let least = Number.POSITIVE_INFINITY
    for (const entry of this.#sends) {
      const rank = rankOf(entry[0])
      if (rank < least && !isSending(entry[0])) [found, least] = [entry, rank]
      if (least === 0) break
    }
    return found
  }
}

const rankOf = ({ alert: { status, severity } }: Send): number =>
  status === 'resolved' ? alertSeverities.length : alertSeverities.indexOf(severity)

/** One event of a stream of server-sent events (HTML Living Standard, section 9.2). */
export interface ServerEvent {
  /** What a client that comes back names in `Last-Event-ID`. */
  readonly id?: string
  /** `message` when absent. */
  readonly event?: string
  readonly data: string
  /** How long a client waits before it comes back, milliseconds. */
  readonly retry?: number
}

/** Where one client's events go. */
export interface EventListener {
  /** Encoded by `encodeEvent`. Never waits: a client that is too slow is cut. */
  push(bytes: Uint8Array): void
  /** No more will come; with what went wrong where that is why. */
  end(error?: unknown): void
}

export interface EventFeed {
  /** @returns what ends the subscription; called once, when the client has gone or the feed ended */
  subscribe(listener: EventListener): () => void
}

/** As it goes over the wire. Line breaks can not get out of their field. */
export function encodeEvent({ id, event, data, retry }: ServerEvent): Uint8Array {
  const lines: string[] = []
  if (event !== undefined) lines.push(`event: ${oneLine(event)}`)
  if (id !== undefined) lines.push(`id: ${oneLine(id)}`)
  if (retry !== undefined) lines.push(`retry: ${Math.round(retry)}`)
  for (const line of data.split(/\r\n|\r|\n/)) lines.push(`data: ${line}`)
  return Buffer.from(`${lines.join('\n')}\n\n`)
}

/** The feed of one client. What it gives is sent at once, so nothing waits in the producer for a client that is slow. */
export function feedOf(events: AsyncIterable<ServerEvent>): EventFeed {
  return {
    subscribe(listener) {
      const iterator = events[Symbol.asyncIterator]()
      let isOver = false
      const run = async (): Promise<void> => {
        for (;;) {
          const { done, value } = await iterator.next()
          if (isOver || done) break
          listener.push(encodeEvent(value))
        }
      }
      run().then(
        () => listener.end(),
        error => listener.end(error),
      )
      return () => {
        isOver = true
        iterator.return?.().catch(() => {})
      }
    },
  }
}

const oneLine = (text: string): string => text.replaceAll(/[\r\n\0]+/g, ' ')

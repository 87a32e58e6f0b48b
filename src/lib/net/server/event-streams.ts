import type { Clock } from '../../core/clock.ts'
import { encodeEvent } from './event-feed.ts'
import type { Exchange } from './exchange.ts'
import type { ServerLimits } from './limits.ts'
import { Refusal } from './refusal.ts'
import { headOf } from './response-writer.ts'
import type { EventResponse, ResponseHeaders } from './server-response.ts'

const heartbeat = Buffer.from(':\n\n')
const farewell = encodeEvent({ event: 'closing', data: 'the server closes', retry: 3000 })

/** The streams of events that are open. One heart beats for all of them. */
export class EventStreams {
  readonly #clock: Clock
  readonly #limits: ServerLimits
  readonly #open = new Set<EventStream>()
  #stopHeart: (() => void) | undefined

  constructor(clock: Clock, limits: ServerLimits) {
    this.#clock = clock
    this.#limits = limits
  }

  get size(): number {
    return this.#open.size
  }

  /** Sends events until the feed ends, the client goes or is too slow, or the server closes. @throws Refusal 503 where there are too many */
  async run(exchange: Exchange, { events, headers }: EventResponse, extra: ResponseHeaders): Promise<void> {
    if (this.#open.size >= this.#limits.eventStreams) {
      throw new Refusal(503, 'too many streams of events are open', { headers: { 'retry-after': '30' } })
    }
    const { outgoing, incoming } = exchange
    exchange.rest()
    outgoing.writeHead(200, headOf({ 'content-type': 'text/event-stream', 'x-accel-buffering': 'no', ...headers }, extra))
    if (incoming.method === 'HEAD') {
      outgoing.end()
      return
    }
    const stream = new EventStream(exchange)
    this.#open.add(stream)
    this.#stopHeart ??= this.#beat()
    try {
      outgoing.flushHeaders()
      await stream.run(events)
    } finally {
      this.#open.delete(stream)
      if (this.#open.size === 0) this.#stop()
    }
  }

  /** Tells all clients that they have to go. */
  closeAll(): void {
    for (const stream of [...this.#open]) {
      stream.push(farewell)
      stream.end()
    }
  }

  #beat(): () => void {
    const again = (): void => {
      for (const stream of this.#open) stream.push(heartbeat)
      this.#stopHeart = this.#beat()
    }
    return this.#clock.timer(this.#limits.heartbeatMs, again, { background: true })
  }

  #stop(): void {
    this.#stopHeart?.()
    this.#stopHeart = undefined
  }
}

/** What one client gets. */
class EventStream {
  readonly #exchange: Exchange
  #fail: (error: unknown) => void = () => {}

  constructor(exchange: Exchange) {
    this.#exchange = exchange
  }

  /** Resolves when it is over. @throws what ended the feed */
  async run(events: EventResponse['events']): Promise<void> {
    const { outgoing } = this.#exchange
    if (this.#exchange.isOver) return
    const over = new Promise<void>((resolve, reject) => {
      outgoing.once('close', resolve)
      this.#fail = reject
    })
    const unsubscribe = events.subscribe(this)
    try {
      await over
    } finally {
      unsubscribe()
    }
  }

  push(bytes: Uint8Array): void {
    const { outgoing, incoming, limits } = this.#exchange
    if (outgoing.writableEnded || outgoing.destroyed) return
    outgoing.write(bytes)
    if (incoming.socket.writableLength > limits.eventBufferBytes) this.#exchange.cut()
  }

  end(error?: unknown): void {
    const { outgoing } = this.#exchange
    if (outgoing.writableEnded || outgoing.destroyed) return
    if (error !== undefined) this.#fail(error)
    else {
      this.#exchange.awaitClient()
      outgoing.end()
    }
  }
}

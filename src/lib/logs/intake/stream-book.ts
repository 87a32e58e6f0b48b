import { randomBytes } from 'node:crypto'
import type { Clock } from '../../core/clock.ts'
import type { Json } from '../../core/json.ts'
import type { Stream, Streams } from '../../core/log-source.ts'
import type { Store, StreamRow } from '../store/store.ts'

export interface StreamBookOptions {
  readonly store: Store
  readonly clock: Clock
  readonly source: string
  /** Names of the sinks that get what this source reads. */
  readonly sinks: readonly string[]
}

/** The streams of a source, as the store remembers them. */
export class StreamBook implements Streams {
  readonly #options: StreamBookOptions
  readonly #known = new Map<string, BookedStream>()

  constructor(options: StreamBookOptions) {
    this.#options = options
    for (const row of options.store.streams(options.source)) this.#add(row)
  }

  known(): readonly Stream[] {
    return [...this.#known.values()]
  }

  async begin(identity: Json, title: string): Promise<Stream> {
    const { store, clock, source } = this.#options
    const row = { id: randomBytes(10).toString('hex'), source, identity, title, begunAt: clock.now() }
    store.begin(row)
    return this.#add({ ...row, ended: false })
  }

  /** Nothing more comes of it: it is forgotten as soon as every sink has all of it. */
  end(stream: Stream, at: number): void {
    this.#options.store.end(stream.id, this.#options.clock.now())
    const booked = this.#known.get(stream.id)
    if (booked) booked.endsAt = at
    this.forgetDelivered(stream.id)
  }

  /** To be called when a sink got on. */
  forgetDelivered(id: string): void {
    const booked = this.#known.get(id)
    if (booked?.endsAt === undefined || booked.delivered < booked.endsAt) return
    this.#options.store.forget(id)
    this.#known.delete(id)
  }

  #add(row: StreamRow): BookedStream {
    const stream = new BookedStream(row, this.#options)
    this.#known.set(row.id, stream)
    return stream
  }
}

class BookedStream implements Stream {
  readonly id: string
  identity: Json
  title: string
  /** Where its last byte is, once that is known. */
  endsAt: number | undefined
  readonly #options: StreamBookOptions

  constructor({ id, identity, title }: StreamRow, options: StreamBookOptions) {
    this.id = id
    this.identity = identity
    this.title = title
    this.#options = options
  }

  get resume(): Stream['resume'] {
    const [first, ...others] = this.#places()
    if (first === undefined) return { at: 0 }
    const least = others.reduce((a, b) => (b.safe < a.safe ? b : a), first)
    return { at: least.safe, ...(least.token !== undefined && { token: least.token }) }
  }

  get cuts(): readonly number[] {
    const { at } = this.resume
    const all = this.#places().flatMap(({ safe, sending }) => [safe, sending ?? 0])
    return [...new Set(all)].filter(each => each > at).sort((a, b) => a - b)
  }

  get delivered(): number {
    return Math.min(...this.#places().map(({ delivered }) => delivered))
  }

  async describe(identity: Json, title = this.title): Promise<void> {
    this.#options.store.describe(this.id, identity, title)
    this.identity = identity
    this.title = title
  }

  /** One of each sink. */
  #places() {
    const { store, sinks } = this.#options
    const places = store.places(this.id)
    return sinks.map(sink => places.get(sink) ?? { safe: 0, delivered: 0 })
  }
}

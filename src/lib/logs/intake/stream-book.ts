import { randomBytes } from 'node:crypto'
import type { Clock } from '../../core/clock.ts'
import type { Json } from '../../core/json.ts'
import type { Stream, Streams } from '../../core/log-source.ts'
import type { Lane } from '../delivery/lane.ts'
import type { StreamRow } from '../store/rows.ts'
import type { Store } from '../store/store.ts'

export interface StreamBookOptions {
  readonly store: Store
  readonly clock: Clock
  readonly source: string
  /** To the sinks that get what this source reads. */
  readonly lanes: readonly Lane[]
}

/** The streams of a source, as the store remembers them. */
export class StreamBook implements Streams {
  readonly #options: StreamBookOptions
  readonly #streams = new Map<string, BookedStream>()

  constructor(options: StreamBookOptions) {
    this.#options = options
    for (const row of options.store.streams(options.source)) this.#add(row)
    for (const id of this.#streams.keys()) this.forgetDelivered(id)
  }

  /** One that is read to its end is not among them, although not everybody may have all of it yet. */
  known(): readonly Stream[] {
    return [...this.#streams.values()].filter(({ endsAt, resume }) => endsAt === undefined || resume.at < endsAt)
  }

  async begin(identity: Json, title: string): Promise<Stream> {
    const { store, clock, source } = this.#options
    const row = { id: randomBytes(10).toString('hex'), source, identity, title, begunAt: clock.now() }
    store.begin(row)
    return this.#add(row)
  }

  /** When it was first seen: ms since 1970. */
  begunAt(stream: Stream): number | undefined {
    return this.#streams.get(stream.id)?.begunAt
  }

  /** What a reader that goes on in the middle of it has to know. */
  memory(stream: Stream): Json | undefined {
    return this.#streams.get(stream.id)?.memory
  }

  remember(stream: Stream, memory: Json): void {
    const booked = this.#streams.get(stream.id)
    if (booked === undefined) return
    this.#options.store.remember(stream.id, memory)
    booked.memory = memory
  }

  /** Nothing more comes of it: it is forgotten as soon as every sink has all of it. */
  end(stream: Stream, endsAt: number): void {
    this.#options.store.end(stream.id, { at: this.#options.clock.now(), endsAt })
    const booked = this.#streams.get(stream.id)
    if (booked) booked.endsAt = endsAt
    this.forgetDelivered(stream.id)
  }

  /** To be called when a sink got on. */
  forgetDelivered(id: string): void {
    const booked = this.#streams.get(id)
    if (booked?.endsAt === undefined || booked.delivered < booked.endsAt) return
    const { store, lanes } = this.#options
    if (!lanes.every(lane => lane.mayForget(id))) return
    store.forget(id)
    for (const lane of lanes) lane.forget(id)
    this.#streams.delete(id)
  }

  #add(row: StreamRow): BookedStream {
    const stream = new BookedStream(row, this.#options)
    this.#streams.set(row.id, stream)
    return stream
  }
}

class BookedStream implements Stream {
  readonly id: string
  readonly begunAt: number
  identity: Json
  title: string
  memory: Json | undefined
  /** Where its last byte is, once that is known. */
  endsAt: number | undefined
  readonly #options: StreamBookOptions

  constructor({ id, begunAt, identity, title, memory, endsAt }: StreamRow, options: StreamBookOptions) {
    this.id = id
    this.begunAt = begunAt
    this.identity = identity
    this.title = title
    this.memory = memory
    this.endsAt = endsAt
    this.#options = options
  }

  get resume(): Stream['resume'] {
    const [first, ...others] = this.#options.lanes.map(lane => lane.reached(this.id))
    if (first === undefined) return { at: 0 }
    return others.reduce((a, b) => (b.at < a.at ? b : a), first)
  }

  get cuts(): readonly number[] {
    const { store, lanes } = this.#options
    const { at } = this.resume
    const places = store.places(this.id)
    const all = lanes.flatMap(lane => [lane.reached(this.id).at, ...(places.get(lane.name)?.sending ?? [])])
    return [...new Set(all)].filter(each => each > at).sort((a, b) => a - b)
  }

  get delivered(): number {
    const { store, lanes } = this.#options
    const places = store.places(this.id)
    return Math.min(...lanes.map(({ name }) => places.get(name)?.delivered ?? 0))
  }

  async describe(identity: Json, title = this.title): Promise<void> {
    this.#options.store.describe(this.id, identity, title)
    this.identity = identity
    this.title = title
  }
}

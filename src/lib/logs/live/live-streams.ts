import type { Json } from '../../core/json.ts'
import type { Stream, Streams } from '../../core/log-source.ts'

/** Streams of a run that remembers nothing: what was given to whoever reads is done with. */
export class LiveStreams implements Streams {
  #begun = 0

  /** How many there were. */
  get begun(): number {
    return this.#begun
  }

  known(): readonly Stream[] {
    return []
  }

  async begin(identity: Json, title: string): Promise<Stream> {
    this.#begun++
    return new LiveStream(`live${this.#begun}`, { identity, title })
  }
}

class LiveStream implements Stream {
  readonly id: string
  readonly cuts: readonly number[] = []
  // Nothing is read anew in the same process, and nothing is deleted.
  readonly resume = { at: 0 }
  readonly delivered = 0
  identity: Json
  title: string

  constructor(id: string, { identity, title }: { readonly identity: Json; readonly title: string }) {
    this.id = id
    this.identity = identity
    this.title = title
  }

  async describe(identity: Json, title = this.title): Promise<void> {
    this.identity = identity
    this.title = title
  }
}

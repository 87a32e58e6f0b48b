import type { SendLimits } from './parcel-parts.ts'
import type { Waiting } from './waiting.ts'

/** What a chunk costs besides its records. */
const chunkBytes = 1024

/** What waits in memory for one sink, in order; the first of it are under way. */
export class LaneQueue {
  readonly #entries: Waiting[] = []
  #sent = 0
  #heldBytes = 0
  #records = 0

  get entries(): readonly Waiting[] {
    return this.#entries
  }

  /** Those that are under way. */
  get underWay(): readonly Waiting[] {
    return this.#entries.slice(0, this.#sent)
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0
  }

  get heldBytes(): number {
    return this.#heldBytes
  }

  get records(): number {
    return this.#records
  }

  add(several: readonly Waiting[]): void {
    for (const waiting of several) {
      waiting.isQueued = true
      this.#heldBytes += waiting.holds + chunkBytes
      this.#records += waiting.head.count
      this.#entries.push(waiting)
    }
  }

  /** Takes what goes together, as being under way: as many as a sink takes at once, or one that is larger, which is then sent in parts. */
  next(limits: SendLimits): Waiting[] {
    const entries: Waiting[] = []
    let [bytes, records] = [0, 0]
    for (let index = this.#sent; index < this.#entries.length; index++) {
      const waiting = this.#entries[index]
      if (waiting === undefined) break
      bytes += waiting.records.length
      records += waiting.head.count
      if (entries.length > 0 && (bytes > limits.bytes || records > limits.records)) break
      entries.push(waiting)
    }
    this.#sent += entries.length
    return entries
  }

  /** The first so many are delivered. Gives how many bytes of them were in the spool. */
  drop(count: number): number {
    let spooledBytes = 0
    this.#sent -= count
    for (const waiting of this.#entries.splice(0, count)) {
      if (waiting.isPutBy) spooledBytes += waiting.records.length + chunkBytes
      this.#heldBytes -= waiting.holds + chunkBytes
      this.#records -= waiting.head.count
      waiting.changed()
    }
    return spooledBytes
  }
}

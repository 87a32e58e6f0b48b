import type { Frame } from './frame.ts'
import { segmentHeaderBytes } from './segment-header.ts'
import type { FoundFrame, SegmentScan } from './segment-scan.ts'

/** What follows the last record of a segment that is whole. */
export type Tail =
  /** Nothing, or zeros that were preallocated. */
  | { readonly kind: 'end' }
  /** A record that was being written when the writer or the machine stopped, and that nobody was told to be on disk. */
  | { readonly kind: 'torn'; readonly bytes: number }
  /** Records that had been on disk; `resume` is the next one that can be read. */
  | { readonly kind: 'damaged'; readonly resume?: FoundFrame }
  /** It was being written while it was looked at, and is there now. */
  | { readonly kind: 'grown' }

/** Goes through the records of one segment in order and judges where it ends. */
export class SegmentWalk {
  readonly #scan: SegmentScan
  /** Offset after the last good record. */
  offset = segmentHeaderBytes
  /** The sequence that must stand there. */
  expected: number

  constructor(scan: SegmentScan, base: number) {
    this.#scan = scan
    this.expected = base
  }

  /** The record that follows without a gap; undefined where there is none (see `tail`). */
  next(): Frame | undefined | Promise<Frame | undefined> {
    const found = this.#scan.frameAt(this.offset)
    return found instanceof Promise ? found.then(frame => this.#accept(frame)) : this.#accept(found)
  }

  /**
   * Why `next` found nothing. A sealed segment was on disk whole, up to `end`, before its successor was written to; in the last one
   * (`end` undefined) only a later record that knew of the missing one tells damage from a torn tail.
   */
  async tail(end: number | undefined): Promise<Tail> {
    const tail = await this.#judged(end)
    if (tail.kind !== 'damaged') return tail
    const late = await this.#scan.freshFrameAt(this.offset)
    return late?.sequence === this.expected ? { kind: 'grown' } : tail
  }

  async #judged(end: number | undefined): Promise<Tail> {
    if (end === this.expected) return { kind: 'end' }
    const dataEnd = await this.#scan.endOfData(this.offset)
    if (dataEnd === this.offset) return { kind: end === undefined ? 'end' : 'damaged' }
    const range = { from: this.offset, to: dataEnd, minSequence: this.expected, endSequence: end ?? Number.MAX_SAFE_INTEGER }
    const resume = await this.#scan.findFrame(range)
    if (end !== undefined) return { kind: 'damaged', ...(resume && { resume }) }
    for (let later = resume; later; later = await this.#scan.findFrame({ ...range, from: later.offset + later.frame.bytes })) {
      if (later.frame.durable >= this.expected) return { kind: 'damaged', ...(resume && { resume }) }
    }
    return { kind: 'torn', bytes: dataEnd - this.offset }
  }

  /** Goes on behind damage: `next` returns that record. */
  resume({ frame, offset }: FoundFrame): void {
    this.offset = offset
    this.expected = frame.sequence
  }

  /** Past all records of the last segment that follow each other. */
  async toTail(): Promise<Tail> {
    for (;;) {
      const found = this.next()
      if ((found instanceof Promise ? await found : found) !== undefined) continue
      const tail = await this.tail(undefined)
      if (tail.kind !== 'grown') return tail
    }
  }

  /** The sequence after the last record that can be read behind damage in the last segment. */
  async skipDamage(damaged: Tail): Promise<number> {
    for (let tail = damaged; tail.kind === 'damaged' && tail.resume; tail = await this.toTail()) this.resume(tail.resume)
    return this.expected
  }

  #accept(frame: Frame | undefined): Frame | undefined {
    if (frame?.sequence !== this.expected) return undefined
    this.offset += frame.bytes
    this.expected++
    return frame
  }
}

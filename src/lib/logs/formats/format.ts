import type { Json } from '../../core/json.ts'
import type { RecordBuffer } from '../record-buffer.ts'
import type { Tally } from '../tally.ts'

/** A format of lines. */
export interface Format {
  /** As it is told: `combined`, `nginx`. */
  readonly name: string
  /** A reader for one source: it may remember what the source said first, as csv does. `memory` is that of a reader of the same source. */
  open(memory?: Json): LineReader
  /** The same for who looks at these fields alone: others may be left out of records. Absent where that saves nothing. */
  only?(names: readonly string[]): Format
}

export interface LineReader {
  /** Reads whole lines into records, and yields what it wrote when there is much of it; the rest stays in the buffer. */
  read(lines: Uint8Array, place: ReadPlace): Iterable<Uint8Array>
  /** Nothing follows what was read: what it kept back becomes records. */
  finish?(place: ReadPlace): void
  /** What a reader that goes on behind these lines has to know. */
  readonly memory?: Json | undefined
}

export interface ReadPlace {
  readonly records: RecordBuffer
  readonly tally: Tally
}

/** A line that is none of its format. The reason is one of few, so that lines can be counted by it. */
export class Misfit {
  constructor(readonly reason: string) {}
}

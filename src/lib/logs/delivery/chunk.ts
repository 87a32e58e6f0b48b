import type { Json } from '../../core/json.ts'
import type { Parcel } from '../../core/sink.ts'

/** Where the records of a chunk come from, and what counts of it: all but the records. */
export interface ChunkHead {
  readonly id: string
  /** How many records there are. */
  readonly count: number
  readonly source: string
  readonly stream: string
  readonly from: number
  readonly to: number
  /** That of `to`: see SourceLines. */
  readonly token?: Json
  /** Lines that were read for it, with blank ones and what was filtered. */
  readonly lines: number
  /** In what the source counts by: none where it stands for a gap. */
  readonly bytes: number
  /** For a record that was dead: of which chunk it is, and its number there. */
  readonly part?: NonNullable<Parcel['part']>
  /** Records of it that are among the dead letters already, before any sink saw them: they count for each. */
  readonly dead: number
}

/** A parcel with where its records come from: all that was made of bytes `from` to `to` of a stream. */
export interface Chunk extends ChunkHead, Parcel {
  /** It can not be read again: it is put by before anything else. */
  readonly isUnique: boolean
  /** It will soon be nowhere else: put by where it can not be delivered at once. */
  readonly isLastChance: boolean
  /** Bytes of memory that it keeps. */
  readonly holds: number
  /** To be called by each lane that it was offered to, once, when it reads the records no more: their memory is used again. */
  release(): void
}

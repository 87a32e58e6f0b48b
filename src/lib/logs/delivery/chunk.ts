import type { Json } from '../../core/json.ts'
import type { Parcel } from '../../core/sink.ts'

/** A parcel with where its records come from: all that was made of bytes `from` to `to` of a stream. */
export interface Chunk extends Parcel {
  readonly source: string
  readonly stream: string
  readonly from: number
  readonly to: number
  /** That of `to`: see SourceLines. */
  readonly token?: Json
  /** Lines that were read for it, with blank ones and what was filtered. */
  readonly lines: number
  /** It can not be read again: it is put by before anything else. */
  readonly isUnique: boolean
  /** It will soon be nowhere else: put by where it can not be delivered at once. */
  readonly isLastChance: boolean
}

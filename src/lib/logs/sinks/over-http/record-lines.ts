import type { Json } from '../../../core/json.ts'
import type { Parcel, RecordPlace } from '../../../core/sink.ts'

/** A record of those that are sent together: its text, its parts, and where it is among them. */
export interface RecordLine extends RecordPlace {
  /** JSON, without the end of its line. */
  readonly text: string
  readonly value: Readonly<Record<string, Json>>
}

const newline = 10

/** All records of parcels in their order. */
export function* recordLines(parcels: readonly Parcel[]): Generator<RecordLine> {
  for (const [parcel, { records }] of parcels.entries()) {
    const bytes = Buffer.from(records.buffer, records.byteOffset, records.length)
    for (let at = 0, record = 0; at < bytes.length; record++) {
      const end = bytes.indexOf(newline, at)
      const text = bytes.toString('utf8', at, end)
      yield { parcel, record, text, value: JSON.parse(text) }
      at = end + 1
    }
  }
}

export const countOf = (parcels: readonly Parcel[]): number => parcels.reduce((sum, { count }) => sum + count, 0)

import { type Parcel, type RecordPlace, recordName } from '../../../core/sink.ts'
import type { RecordEncoder } from '../encoded/record-encoding.ts'

/** A record that is sent by itself. */
export interface SingleRecord {
  readonly place: RecordPlace
  /** The same whenever it is sent. */
  readonly name: string
  /** As it is sent; JSON without its newline. */
  readonly bytes: Buffer
  /** Its parts, where they were asked for. */
  readonly parsed: unknown
}

const newline = 10

interface SingleTerms {
  readonly parse: boolean
  readonly encode: RecordEncoder['record']
}

/** Each of them: of JSON views of the parcels. They are parsed only for whoever looks into them. */
export function singleRecords(parcels: readonly Parcel[], { parse, encode }: SingleTerms): SingleRecord[] {
  return parcels.flatMap((parcel, index) => {
    const bytes = Buffer.from(parcel.records.buffer, parcel.records.byteOffset, parcel.records.length)
    const found: SingleRecord[] = []
    for (let at = 0, record = 0; at < bytes.length; record++) {
      const end = bytes.indexOf(newline, at)
      const line = bytes.subarray(at, end)
      const parsed: unknown = parse ? JSON.parse(line.toString()) : undefined
      found.push({ place: { parcel: index, record }, name: recordName(parcel, record), bytes: encode(line), parsed })
      at = end + 1
    }
    return found
  })
}

import type { Parcel, RecordPlace, SinkLimits } from '../../core/sink.ts'

/** How much one send takes. */
export type SendLimits = Pick<SinkLimits, 'bytes' | 'records'>

const newline = 10

/** A parcel in several parts, each within the limits but for records that are too large alone; itself where it is within them. */
export function* withinLimits(parcel: Parcel, limits: SendLimits): Iterable<Parcel> {
  if (parcel.records.length <= limits.bytes && parcel.count <= limits.records) return yield parcel
  let first = 0
  let begin = 0
  let end = 0
  let count = 0
  for (let record = 0; record < parcel.count; record++) {
    const next = parcel.records.indexOf(newline, end) + 1
    if (count > 0 && (next - begin > limits.bytes || count === limits.records)) {
      yield partOf(parcel, { first, count, from: begin, to: end })
      first = record
      begin = end
      count = 0
    }
    end = next
    count++
  }
  yield partOf(parcel, { first, count, from: begin, to: end })
}

/** The two halves of what was too large; undefined where it is a single record. */
export function halves(parcels: readonly Parcel[]): readonly [Parcel[], Parcel[]] | undefined {
  const [only] = parcels
  if (only === undefined || (parcels.length === 1 && only.count === 1)) return undefined
  const middle = Math.ceil(parcels.length / 2)
  if (parcels.length > 1) return [parcels.slice(0, middle), parcels.slice(middle)]
  const parts = [...withinLimits(only, { bytes: Number.POSITIVE_INFINITY, records: Math.ceil(only.count / 2) })]
  return [parts.slice(0, 1), parts.slice(1)]
}

/** Of what was sent together, the parts that are still to be sent: neighbours stay together. */
export function pendingParts(parcels: readonly Parcel[], pending: readonly RecordPlace[]): Parcel[] {
  const parts: Parcel[] = []
  for (const [index, parcel] of parcels.entries()) {
    const wanted = pending.filter(place => place.parcel === index).map(({ record }) => record)
    if (wanted.length === 0) continue
    const ends = recordEnds(parcel)
    for (const { first, count } of runs(wanted))
      parts.push(
        partOf(parcel, { first, count, from: ends[first - 1] ?? 0, to: ends[first + count - 1] ?? parcel.records.length }),
      )
  }
  return parts
}

/** Behind the last byte of each record, newline included. */
export function recordEnds({ records, count }: Pick<Parcel, 'records' | 'count'>): Uint32Array {
  const ends = new Uint32Array(count)
  for (let at = 0, record = 0; record < count; record++) {
    at = records.indexOf(newline, at) + 1
    ends[record] = at
  }
  return ends
}

/** Neighbouring numbers together. */
function runs(numbers: readonly number[]): { readonly first: number; readonly count: number }[] {
  const found: { first: number; count: number }[] = []
  for (const number of [...new Set(numbers)].sort((a, b) => a - b)) {
    const last = found.at(-1)
    if (last !== undefined && last.first + last.count === number) last.count++
    else found.push({ first: number, count: 1 })
  }
  return found
}

interface Range {
  readonly first: number
  readonly count: number
  readonly from: number
  readonly to: number
}

function partOf({ id, part, records, count }: Parcel, range: Range): Parcel {
  const [of, first] = part ? [part.of, part.first + range.first] : [id, range.first]
  if (range.count === count) return { id, records, count, ...(part && { part }) }
  return {
    id: `${of}.${first}-${first + range.count}`,
    records: records.subarray(range.from, range.to),
    count: range.count,
    part: { of, first },
  }
}

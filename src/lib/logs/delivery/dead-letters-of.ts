import { recordName } from '../../core/sink.ts'
import type { DeadLetter } from './dead-letter.ts'
import { recordEnds } from './parcel-parts.ts'
import type { Dead } from './shipment.ts'
import type { Waiting } from './waiting.ts'

/** Records that a sink will never take, as letters that can be read and sent again, and how many of them each chunk has. */
export function deadLettersOf(
  entries: readonly Waiting[],
  dead: readonly Dead[],
  { sink, at }: { readonly sink: string; readonly at: number },
): { readonly all: readonly DeadLetter[]; readonly count: (chunk: string) => number } {
  const heads = new Map(entries.map(({ head }) => [head.id, head]))
  const counts = new Map<string, number>()
  const seen = new Set<string>()
  const all: DeadLetter[] = []
  for (const [parcel, records] of Map.groupBy(dead, each => each.parcel)) {
    const chunk = heads.has(parcel.id) ? parcel.id : (parcel.part?.of ?? parcel.id)
    const ends = recordEnds(parcel)
    for (const { record, reason } of records) {
      const end = ends[record]
      const id = recordName(parcel, record)
      // A sink that refuses a record twice, or one that is not there, is mistaken.
      if (end === undefined || seen.has(id)) continue
      seen.add(id)
      counts.set(chunk, (counts.get(chunk) ?? 0) + 1)
      const bytes = parcel.records.subarray(ends[record - 1] ?? 0, end - 1)
      const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
      all.push({ id, sink, source: heads.get(chunk)?.source ?? '', stage: 'sink', reason, record: text, at })
    }
  }
  return { all, count: chunk => counts.get(chunk) ?? 0 }
}

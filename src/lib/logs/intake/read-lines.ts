import type { SourceLines } from '../../core/log-source.ts'
import type { RecordsOrigin, Shaped, Shaper } from '../pipeline/stages.ts'
import type { RecordBuffer } from '../record-buffer.ts'
import type { Records } from '../records.ts'
import type { SourceReading } from '../source-reading.ts'
import { readEvents } from './read-events.ts'

interface LinesPlace {
  readonly source: string
  readonly reading: SourceReading
  readonly buffer: RecordBuffer
}

/** Lines of a source, or events of several, as records in the buffer, which must keep all of them. */
export function readLines(
  { bytes, from, to, cutFrom, ends }: Pick<SourceLines, 'bytes' | 'from' | 'to' | 'cutFrom' | 'ends'>,
  { source, reading, buffer }: LinesPlace,
): void {
  const origin = { source, generation: 0, from, to }
  if (ends !== undefined && cutFrom === undefined) readEvents({ bytes, ends, origin }, reading, buffer)
  else for (const _ of reading.read({ bytes, origin, ...(cutFrom !== undefined && { cutFrom }) }, buffer));
  // Sources keep lines together that belong together.
  reading.finish(buffer)
}

export const shapeRecords = (
  read: Records,
  { shaper, origin }: { readonly shaper: Shaper | undefined; readonly origin: RecordsOrigin },
): Shaped => (shaper && read.count > 0 ? shaper.shape(read, origin) : { records: read, filtered: 0, dead: [] })

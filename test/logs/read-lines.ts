import type { Format } from '../../src/lib/logs/formats/format.ts'
import { RecordBuffer } from '../../src/lib/logs/record-buffer.ts'
import { Tally } from '../../src/lib/logs/tally.ts'

/** What a format makes of lines: the bytes of the records, and what was counted. */
export function readLines(format: Format, lines: string | Uint8Array): { readonly bytes: Buffer; readonly tally: Tally } {
  const records = new RecordBuffer()
  const tally = new Tally()
  const reader = format.open()
  const pieces = [...reader.read(Buffer.from(lines), { records, tally })].map(piece => Buffer.from(piece))
  reader.finish?.({ records, tally })
  return { bytes: Buffer.concat([...pieces, records.take()]), tally }
}

/** The records as values. */
export const recordsOf = (format: Format, lines: string | Uint8Array): unknown[] =>
  readLines(format, lines)
    .bytes.toString('utf8')
    .split('\n')
    .slice(0, -1)
    .map(record => JSON.parse(record))

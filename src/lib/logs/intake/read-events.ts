import type { Origin } from '../batch.ts'
import type { RecordBuffer } from '../record-buffer.ts'
import type { SourceReading } from '../source-reading.ts'

export interface EventLines {
  readonly bytes: Uint8Array
  /** Behind the last byte of each event, ascending. */
  readonly ends: Uint32Array
  readonly origin: Origin
}

const newline = 10

/**
 * Events of several lines each, as one record each: the format reads the first line, and the others are added to its `message`. A record
 * without one gets the whole event as that; where the first line does not fit, all of the event is `raw`. JSON may go over several lines.
 */
export function readEvents({ bytes, ends, origin }: EventLines, reading: SourceReading, records: RecordBuffer): void {
  let plain = 0
  let begin = 0
  const read = (from: number, to: number): void => {
    if (to > from) for (const _ of reading.read({ bytes: bytes.subarray(from, to), origin }, records));
    reading.finish(records)
  }
  for (const end of ends) {
    const firstEnd = bytes.indexOf(newline, begin) + 1
    if (firstEnd < end) {
      read(plain, begin)
      readEvent({ bytes: bytes.subarray(begin, end), first: firstEnd - begin, origin }, reading, records)
      plain = end
    }
    begin = end
  }
  read(plain, bytes.length)
}

interface Event {
  readonly bytes: Uint8Array
  /** Length of its first line. */
  readonly first: number
  readonly origin: Origin
}

function readEvent({ bytes, first, origin }: Event, reading: SourceReading, records: RecordBuffer): void {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const whole = text.toString('utf8').replace(/\r?\n$/, '')
  const line = reading.format === 'json' ? Buffer.from(`${whole.replaceAll(/[\r\n]+/g, ' ')}\n`) : text.subarray(0, first)
  const before = records.length
  const { tally } = reading
  const { lines } = tally
  for (const _ of reading.read({ bytes: line, origin }, records));
  reading.finish(records)
  const written = Buffer.from(records.bytes.subarray(before, records.length)).toString('utf8')
  // A blank line and a heading are none by themselves, but a record with what follows.
  if (written === '') tally.records++
  tally.continued += countLines(text) - (tally.lines - lines)
  if (line !== text && reading.format === 'json' && !written.startsWith('{"raw":')) return
  const record: Record<string, unknown> = written === '' ? {} : JSON.parse(written)
  records.length = before
  const rest = text.toString('utf8', first).replace(/\r?\n$/, '')
  records.add(JSON.stringify(withRest(record, { whole, rest })))
}

function withRest(
  record: Record<string, unknown>,
  { whole, rest }: { readonly whole: string; readonly rest: string },
): Record<string, unknown> {
  const { raw, error, message } = record
  if (raw !== undefined && error !== undefined) return { ...record, raw: whole }
  return { ...record, message: typeof message === 'string' ? `${message}\n${rest}` : whole }
}

function countLines(bytes: Uint8Array): number {
  let count = 0
  for (let at = bytes.indexOf(newline); at !== -1; at = bytes.indexOf(newline, at + 1)) count++
  return count
}

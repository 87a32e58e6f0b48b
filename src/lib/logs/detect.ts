import type { Format } from './formats/format.ts'
import { candidates, plainText } from './formats/known-formats.ts'
import { RecordBuffer } from './record-buffer.ts'
import { Tally } from './tally.ts'

export interface Detected {
  readonly format: Format
  /** Of the lines that were looked at so many fit, and so many there were. */
  readonly fit: number
  readonly of: number
}

const sampleLines = 200
const newline = 10

/** The format that most of the first lines fit; undefined where fewer than half fit any, or there is none. */
export function detect(lines: Uint8Array): Detected | undefined {
  const sample = firstLines(lines)
  const records = new RecordBuffer()
  let best: Detected | undefined
  for (const format of candidates()) {
    const tally = new Tally()
    const reader = format.open()
    for (const _ of reader.read(sample, { records, tally })) records.take()
    reader.finish?.({ records, tally })
    records.take()
    const fit = tally.records + tally.continued
    const of = fit + tally.misfits
    if (2 * fit >= of && fit > (best?.fit ?? 0)) best = { format, fit, of }
  }
  return best
}

/** What is read where no format is known: every line is a record with its text as `message`. */
export const undetected = plainText

function firstLines(lines: Uint8Array): Uint8Array {
  let end = 0
  for (let count = 0; count < sampleLines && end < lines.length; count++) end = lines.indexOf(newline, end) + 1
  return lines.subarray(0, end)
}

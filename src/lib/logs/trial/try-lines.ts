import type { Log } from '../../core/io.ts'
import { readLines, shapeRecords } from '../intake/read-lines.ts'
import type { Pipeline, PipelineSource } from '../pipeline/pipeline.ts'
import type { Shaped, Shaper } from '../pipeline/stages.ts'
import { RecordBuffer } from '../record-buffer.ts'
import { Records } from '../records.ts'
import { SourceReading } from '../source-reading.ts'
import { encodingOf } from '../sources/framing/encoding.ts'
import { Framer } from '../sources/framing/framer.ts'
import type { Tally } from '../tally.ts'

export interface TrialPlace {
  readonly pipeline: Pipeline
  readonly source: PipelineSource
  readonly shaper: Shaper | undefined
  readonly log: Log
  /** What the lines are called. */
  readonly title: string
}

/** What would come of lines, of which nothing was delivered or remembered. */
export interface Trial {
  readonly tally: Tally
  readonly format: string | undefined
  readonly shaped: Shaped
  /** How many records each sink would get. */
  readonly sinks: Readonly<Record<string, number>>
}

/** Tells lines apart, reads, shapes and filters them as the pipeline would. All of them are in memory. */
export function tryLines(raw: Uint8Array, { pipeline, source, shaper, log, title }: TrialPlace): Trial {
  const { encoding, markBytes } = encodingOf(source.framing.encoding, raw)
  const framer = new Framer(source.framing, encoding)
  const reading = new SourceReading({ name: title, format: source.format, log })
  const buffer = new RecordBuffer({ whole: true })
  let at = markBytes
  for (const piece of framer.pieces({ raw: raw.subarray(at), isFull: false, isLast: true })) {
    const from = at
    at += piece.length
    const { bytes, cutFrom, ends } = piece
    if (bytes === undefined) continue
    const lines = { bytes, from, to: at, ...(cutFrom !== undefined && { cutFrom }), ...(ends && { ends }) }
    readLines(lines, { source: source.name, reading, buffer })
  }
  const { tally } = reading
  const read = Records.ofLines(buffer.take().slice(), tally.records + tally.misfits)
  const shaped = shapeRecords(read, { shaper, origin: { id: `trial:0-${at}`, source: source.name, title } })
  return { tally, format: reading.format, shaped, sinks: countsOf(pipeline, { source: source.name, records: shaped.records }) }
}

function countsOf({ sinks }: Pipeline, { source, records }: { readonly source: string; readonly records: Records }) {
  const mine = sinks.filter(({ sources }) => sources?.includes(source) ?? true)
  const counts = mine.map(({ name, filter }) => {
    const left = filter && records.count > 0 ? filter.filter(records) : records
    return [name, left.count] as const
  })
  return Object.fromEntries(counts)
}

import type { Log } from '../../core/io.ts'
import type { SourceEvent, SourceLines, Stream } from '../../core/log-source.ts'
import type { Format } from '../formats/format.ts'
import { addFields } from '../intake/add-fields.ts'
import { readLines } from '../intake/read-lines.ts'
import { RecordBuffer } from '../record-buffer.ts'
import type { ShipResult } from '../ship-result.ts'
import { sourceItem } from '../source-item.ts'
import { SourceReading } from '../source-reading.ts'

interface LiveRecordsOptions {
  /** Absent: found out from the first lines of each stream. */
  readonly format: Format | undefined
  readonly log: Log
  /** Is told of each stream when it ends, or all ends. */
  readonly result: ShipResult
}

/** What sources bring, as JSON lines. */
export class LiveRecords {
  readonly #options: LiveRecordsOptions
  readonly #readings = new Map<Stream, SourceReading>()
  readonly #buffer = new RecordBuffer({ whole: true })

  constructor(options: LiveRecordsOptions) {
    this.#options = options
  }

  /** Each piece is whole records, and good until the next one. */
  async *of(events: AsyncIterable<SourceEvent>): AsyncGenerator<Uint8Array> {
    const { log } = this.#options
    try {
      for await (const event of events) {
        if (event.kind === 'lines') {
          const records = this.#records(event)
          if (records.length > 0) yield records
        } else if (event.kind === 'gap') {
          const { stream, reason, bytes } = event
          log('warn', 'lines are lost', { file: stream.title, reason, bytes })
        } else if (event.kind === 'end') this.#end(event.stream, event.failure)
      }
    } finally {
      for (const stream of [...this.#readings.keys()]) this.#end(stream)
    }
  }

  #records(lines: SourceLines): Uint8Array {
    const { stream, fields } = lines
    const reading = this.#reading(stream)
    readLines(lines, { source: stream.title, reading, buffer: this.#buffer })
    const records = this.#buffer.take()
    return fields && records.length > 0 ? addFields(records, fields) : records
  }

  #end(stream: Stream, failure?: string): void {
    const reading = this.#readings.get(stream)
    this.#readings.delete(stream)
    if (!reading) return
    const { result } = this.#options
    result.tell(sourceItem(reading, { source: stream.title, failure, ...result.look }))
  }

  #reading(stream: Stream): SourceReading {
    const known = this.#readings.get(stream)
    if (known) return known
    const { format, log } = this.#options
    const reading = new SourceReading({ name: stream.title, format, log })
    this.#readings.set(stream, reading)
    return reading
  }
}

import type { Log } from '../core/io.ts'
import type { Batch } from './batch.ts'
import { detect, undetected } from './detect.ts'
import type { Format, LineReader } from './formats/format.ts'
import { addMisfit, utf8Text } from './formats/line.ts'
import type { RecordBuffer } from './record-buffer.ts'
import { Tally } from './tally.ts'

/** What became of one source: its batches to records, and what is known of it so far. */
export class SourceReading {
  readonly tally = new Tally()
  /** Bytes that were read, out of their compression. */
  bytes = 0
  #format: Format | undefined
  #reader: LineReader | undefined
  readonly #name: string
  readonly #log: Log

  /** Without a format it is found out from the first lines. */
  constructor({ name, format, log }: { readonly name: string; readonly format: Format | undefined; readonly log: Log }) {
    this.#name = name
    this.#format = format
    this.#log = log
  }

  /** Absent where there was no line to tell it from. */
  get format(): string | undefined {
    return this.#format?.name
  }

  /** Writes records of a batch, and yields those that there is no room for; the rest stays in the buffer. */
  *read(batch: Batch, records: RecordBuffer): Iterable<Uint8Array> {
    const { bytes, origin, cutFrom } = batch
    this.bytes = origin.to
    if (cutFrom !== undefined) {
      const text = utf8Text(bytes, 0, bytes.length - 1)
      addMisfit(text, { reason: 'is longer than --max-line: cut', records, tally: this.tally })
      return
    }
    this.#format ??= this.#detect(bytes)
    this.#reader ??= this.#format?.open()
    if (this.#reader) yield* this.#reader.read(bytes, { records, tally: this.tally })
  }

  #detect(lines: Uint8Array): Format {
    const detected = detect(lines)
    const source = this.#name
    if (detected)
      this.#log('info', 'found the format', { source, format: detected.format.name, lines: detected.of, fit: detected.fit })
    else
      this.#log('warn', 'no format fits half of the first lines: each line becomes a message', {
        source,
        hint: '--format names one',
      })
    return detected?.format ?? undetected
  }
}

import { OpsError } from '../core/errors.ts'
import type { Log } from '../core/io.ts'
import type { Json } from '../core/json.ts'
import type { Batch } from './batch.ts'
import { detect, undetected } from './detect.ts'
import type { Format, LineReader } from './formats/format.ts'
import { formatOf } from './formats/known-formats.ts'
import { addMisfit, utf8Text } from './formats/line.ts'
import type { RecordBuffer } from './record-buffer.ts'
import { Tally } from './tally.ts'

interface SourceReadingOptions {
  readonly name: string
  /** Absent: found out from the first lines. */
  readonly format: Format | undefined
  readonly log: Log
  /** What an earlier reading of the same source remembered. */
  readonly memory?: Json | undefined
  /** Nobody looks at other fields of its records; absent for all. */
  readonly wants?: readonly string[] | undefined
}

/** What became of one source: its batches to records, and what is known of it so far. */
export class SourceReading {
  readonly tally = new Tally()
  /** Bytes that were read, out of their compression. */
  bytes = 0
  #format: Format | undefined
  #reader: LineReader | undefined
  /** The memory that was told last, as JSON. */
  #told: string
  readonly #isFoundOut: boolean
  readonly #name: string
  readonly #log: Log
  readonly #wants: readonly string[] | undefined

  constructor({ name, format, log, memory, wants }: SourceReadingOptions) {
    this.#wants = wants
    this.#name = name
    this.#log = log
    const remembered = rememberedIn(memory)
    this.#told = JSON.stringify(remembered ?? null)
    this.#format = format ?? (remembered && formatNamed(remembered.format))
    if (remembered && this.#format?.name === remembered.format) this.#reader = this.#reduced(this.#format).open(remembered.reader)
    this.#isFoundOut = format === undefined
  }

  /** What a reading that goes on from here has to know, where that is new since it was asked last. */
  newMemory(): Json | undefined {
    const reader = this.#reader?.memory
    if (this.#format === undefined || (reader === undefined && !this.#isFoundOut)) return undefined
    const memory = { format: this.#format.name, ...(reader !== undefined && { reader }) }
    const text = JSON.stringify(memory)
    if (text === this.#told) return undefined
    this.#told = text
    return memory
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
    this.#reader ??= this.#format && this.#reduced(this.#format).open()
    if (this.#reader) yield* this.#reader.read(bytes, { records, tally: this.tally })
  }

  /** Nothing follows, or nothing that belongs to what was read. */
  finish(records: RecordBuffer): void {
    this.#reader?.finish?.({ records, tally: this.tally })
  }

  #reduced(format: Format): Format {
    return (this.#wants && format.only?.(this.#wants)) ?? format
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

function rememberedIn(memory: Json | undefined): { readonly format: string; readonly reader?: Json } | undefined {
  if (typeof memory !== 'object' || memory === null || !('format' in memory)) return undefined
  const { format, reader } = memory
  return typeof format === 'string' ? { format, ...(reader !== undefined && { reader }) } : undefined
}

/** Undefined for one that this opsctl does not know: it is found out again. */
function formatNamed(name: string): Format | undefined {
  try {
    return formatOf(name)
  } catch (error) {
    if (error instanceof OpsError) return undefined
    throw error
  }
}

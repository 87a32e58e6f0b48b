import type { Framing, SourceEvent, Stream } from '../../../core/log-source.ts'
import type { JournalEntry } from './export-reader.ts'
import { fieldOf, journalRecord } from './journal-record.ts'

interface Options {
  readonly allFields: boolean
  readonly framing: Framing
  readonly after: string | undefined
  readonly checked: boolean
}

/** Lines are handed on when they are so many bytes. */
const fullBytes = 256 * 1024

/** Entries as JSON lines, cut where the stream says. */
export class JournalLines {
  readonly #stream: Stream
  readonly #options: Options
  #cuts: readonly number[]
  /** Where the lines that wait begin, and where they end. */
  #from: number
  #at: number
  #lines: string[] = []
  #length = 0
  #cursor: string | undefined
  /** The entry of the cursor is given once more. */
  #checks: boolean

  constructor(stream: Stream, options: Options) {
    this.#stream = stream
    this.#options = options
    this.#cuts = stream.cuts
    this.#at = stream.resume.at
    this.#from = this.#at
    this.#cursor = options.after
    this.#checks = options.checked
  }

  /** Where journalctl goes on. */
  get after(): { readonly cursor: string; readonly checked: boolean } | undefined {
    return this.#cursor === undefined ? undefined : { cursor: this.#cursor, checked: this.#checks }
  }

  *of(entries: Iterable<JournalEntry>): Generator<SourceEvent> {
    for (const entry of entries) yield* this.#take(entry)
    yield* this.#handOn()
  }

  *#take(entry: JournalEntry): Generator<SourceEvent> {
    const cursor = fieldOf(entry, '__CURSOR')
    if (this.#checks) {
      this.#checks = false
      if (cursor === this.#cursor) return
      const reason = 'the journal no longer had the entry that was read last'
      yield { kind: 'gap', stream: this.#stream, from: this.#at, to: this.#at, reason }
    }
    this.#cursor = cursor
    const line = JSON.stringify(this.#record(entry))
    const { maxLineBytes } = this.#options.framing
    this.#lines.push(line)
    this.#length += line.length + 1
    this.#at += entry.bytes
    const [cut = Number.POSITIVE_INFINITY] = this.#cuts
    if (this.#at >= cut) this.#cuts = this.#cuts.filter(each => each > this.#at)
    if (this.#at >= cut || this.#length >= Math.min(fullBytes, maxLineBytes)) yield* this.#handOn()
  }

  /** What is too long is the message, most often a core dump's: its beginning is kept. */
  #record(entry: JournalEntry): object {
    const record = journalRecord(entry, { all: this.#options.allFields })
    const { message } = record
    const { maxLineBytes } = this.#options.framing
    return typeof message === 'string' && Buffer.byteLength(message) > maxLineBytes
      ? { ...record, message: cut(message, maxLineBytes), message_bytes: Buffer.byteLength(message) }
      : record
  }

  *#handOn(): Generator<SourceEvent> {
    if (this.#lines.length === 0) return
    const bytes = Buffer.from(`${this.#lines.join('\n')}\n`)
    const token = this.#cursor
    const range = { from: this.#from, to: this.#at }
    this.#lines = []
    this.#length = 0
    this.#from = this.#at
    yield { kind: 'lines', stream: this.#stream, bytes, ...range, ...(token !== undefined && { token }) }
  }
}

const cut = (text: string, bytes: number): string =>
  Buffer.from(text)
    .subarray(0, bytes)
    .toString('utf8')
    .replace(/\uFFFD$/, '')

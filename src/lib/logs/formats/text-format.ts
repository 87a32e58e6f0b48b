import type { Json } from '../../core/json.ts'
import type { Tally } from '../tally.ts'
import { type Format, type LineReader, Misfit, type ReadPlace } from './format.ts'
import { addMisfit, lineAt, utf8Text } from './line.ts'
import { type LineScanner, ScannedLines } from './scan/line-scanner.ts'

/** A line, without its end, as a record in JSON. */
export type RecordOf = (line: string, tally: Tally) => string | Misfit

/** Where a line says what those behind it are: what is to be remembered of it. */
export class Heading {
  constructor(readonly memory: Json) {}
}

type Reading = (line: string, tally: Tally) => string | Misfit | Heading

/**
 * A format that is read line by line as text. `make` gives what reads the lines of one source, behind a heading where one is remembered.
 * `scanner` is a quick path to the same records.
 */
export function textFormat(
  name: string,
  make: (memory?: Json) => Reading,
  { scanner }: { readonly scanner?: LineScanner | undefined } = {},
): Format {
  return { name, open: memory => new TextReader(make(memory), scanner) }
}

class TextReader implements LineReader {
  memory: Json | undefined
  readonly #recordOf: Reading
  readonly #scanner: LineScanner | undefined

  constructor(recordOf: Reading, scanner: LineScanner | undefined) {
    this.#recordOf = recordOf
    this.#scanner = scanner
  }

  *read(bytes: Uint8Array, { records, tally }: ReadPlace): Iterable<Uint8Array> {
    const lines = new ScannedLines(bytes)
    while (!lines.isAtEnd) {
      const isScanned = this.#scanner !== undefined && lines.scan(this.#scanner, { records, tally })
      if (!isScanned) lines.at = this.#readLine(bytes, { at: lines.at, records, tally })
      if (records.isAmple) yield records.take()
    }
  }

  /** Gives where the next one begins. */
  #readLine(lines: Uint8Array, { at, records, tally }: ReadPlace & { readonly at: number }): number {
    const { end, next } = lineAt(lines, at)
    const text = utf8Text(lines, at, end)
    if (text === '') {
      tally.blank++
      return next
    }
    const record = this.#recordOf(text, tally)
    if (typeof record === 'string') {
      records.add(record)
      tally.records++
    } else if (record instanceof Misfit) addMisfit(text, { reason: record.reason, records, tally })
    else {
      tally.headings++
      this.memory = record.memory
    }
    return next
  }
}

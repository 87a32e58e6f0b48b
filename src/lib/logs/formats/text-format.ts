import type { Json } from '../../core/json.ts'
import type { Tally } from '../tally.ts'
import { type Format, Misfit, type ReadPlace } from './format.ts'
import { addMisfit, lineAt, utf8Text } from './line.ts'
import type { LineScanner } from './scan/line-scanner.ts'
import { ScanningReader } from './scan/scanning-reader.ts'

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

class TextReader extends ScanningReader {
  memory: Json | undefined
  readonly #recordOf: Reading

  constructor(recordOf: Reading, scanner: LineScanner | undefined) {
    super(scanner)
    this.#recordOf = recordOf
  }

  protected readLine(lines: Uint8Array, { at, records, tally }: ReadPlace & { readonly at: number }): number {
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

import type { Json } from '../../core/json.ts'
import type { Tally } from '../tally.ts'
import { type Format, type LineReader, Misfit, type ReadPlace } from './format.ts'
import { addMisfit, lineAt } from './line.ts'

/** A line, without its end, as a record in JSON. */
export type RecordOf = (line: string, tally: Tally) => string | Misfit

/** Where a line says what those behind it are: what is to be remembered of it. */
export class Heading {
  constructor(readonly memory: Json) {}
}

/** A format that is read line by line as text. `make` gives what reads the lines of one source, behind a heading where one is remembered. */
export function textFormat(
  name: string,
  make: (memory?: Json) => (line: string, tally: Tally) => string | Misfit | Heading,
): Format {
  return { name, open: memory => new TextReader(make(memory)) }
}

class TextReader implements LineReader {
  memory: Json | undefined
  readonly #recordOf: (line: string, tally: Tally) => string | Misfit | Heading

  constructor(recordOf: (line: string, tally: Tally) => string | Misfit | Heading) {
    this.#recordOf = recordOf
  }

  *read(lines: Uint8Array, { records, tally }: ReadPlace): Iterable<Uint8Array> {
    const bytes = Buffer.from(lines.buffer, lines.byteOffset, lines.length)
    for (let at = 0; at < lines.length; ) {
      const { end, next } = lineAt(lines, at)
      const text = bytes.toString('utf8', at, end)
      at = next
      if (text === '') {
        tally.blank++
        continue
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
      if (records.isAmple) yield records.take()
    }
  }
}

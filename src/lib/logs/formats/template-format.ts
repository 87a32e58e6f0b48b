import { isUtf8 } from 'node:buffer'
import { type Format, type LineReader, Misfit, type ReadPlace } from './format.ts'
import { addMisfit, lineAt, utf8Text } from './line.ts'
import { Cursor } from './scan/cursor.ts'
import { Scanner } from './scan/scanner.ts'
import type { Template } from './template.ts'
import { templateRecord } from './template-line.ts'

/** Lines of a template. `exactOnly` leaves out the quick path: tests compare. */
export function templateFormat(template: Template, { exactOnly = false } = {}): Format {
  return {
    name: template.name,
    open: () => new TemplateReader(template, exactOnly ? undefined : new Scanner(template)),
    only: names => ({ name: template.name, open: () => new TemplateReader(template, new Scanner(template, new Set(names))) }),
  }
}

class TemplateReader implements LineReader {
  readonly #template: Template
  readonly #scanner: Scanner | undefined
  readonly #cursor = new Cursor()

  constructor(template: Template, scanner: Scanner | undefined) {
    this.#template = template
    this.#scanner = scanner
  }

  *read(lines: Uint8Array, { records, tally }: ReadPlace): Iterable<Uint8Array> {
    const cursor = this.#cursor
    cursor.input = lines
    cursor.end = lines.length
    cursor.at = 0
    cursor.valid = isUtf8(lines)
    while (cursor.at < lines.length) {
      if (!this.#scan({ records, tally })) cursor.at = this.#readLine(lines, { records, tally })
      if (records.isAmple) yield records.take()
    }
  }

  /** False where it stopped before a line that is not regular. */
  #scan({ records, tally }: ReadPlace): boolean {
    if (this.#scanner === undefined) return false
    const cursor = this.#cursor
    // No line is longer than what is left.
    const longest = cursor.end - cursor.at + this.#scanner.overhead
    records.reserve(longest)
    cursor.output = records.bytes
    cursor.length = records.length
    const limit = records.bytes.length - longest
    tally.records += this.#scanner.scan(cursor, limit)
    records.length = cursor.length
    return cursor.at === cursor.end || cursor.length > limit
  }

  #readLine(lines: Uint8Array, { records, tally }: ReadPlace): number {
    const { at } = this.#cursor
    const { end, next } = lineAt(lines, at)
    if (end === at) tally.blank++
    else {
      const line = Buffer.from(lines.buffer, lines.byteOffset + at, end - at).toString('latin1')
      const record = templateRecord(line, { template: this.#template, tally })
      if (record instanceof Misfit) addMisfit(utf8Text(lines, at, end), { reason: record.reason, records, tally })
      else {
        records.add(record)
        tally.records++
      }
    }
    return next
  }
}

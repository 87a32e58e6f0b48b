import { type Format, type LineReader, Misfit, type ReadPlace } from './format.ts'
import { addMisfit, lineAt, utf8Text } from './line.ts'
import { ScannedLines } from './scan/line-scanner.ts'
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

  constructor(template: Template, scanner: Scanner | undefined) {
    this.#template = template
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

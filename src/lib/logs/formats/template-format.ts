import { type Format, Misfit, type ReadPlace } from './format.ts'
import { addMisfit, lineAt, utf8Text } from './line.ts'
import { Scanner } from './scan/scanner.ts'
import { ScanningReader } from './scan/scanning-reader.ts'
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

class TemplateReader extends ScanningReader {
  readonly #template: Template

  constructor(template: Template, scanner: Scanner | undefined) {
    super(scanner)
    this.#template = template
  }

  protected readLine(lines: Uint8Array, { at, records, tally }: ReadPlace & { readonly at: number }): number {
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

import type { LineReader, ReadPlace } from '../format.ts'
import { type LineScanner, ScannedLines } from './line-scanner.ts'

/** Reads lines by a quick path, and those that it does not know one by one. */
export abstract class ScanningReader implements LineReader {
  readonly #scanner: LineScanner | undefined

  constructor(scanner: LineScanner | undefined) {
    this.#scanner = scanner
  }

  *read(bytes: Uint8Array, { records, tally }: ReadPlace): Iterable<Uint8Array> {
    const lines = new ScannedLines(bytes)
    while (!lines.isAtEnd) {
      const isScanned = this.#scanner !== undefined && lines.scan(this.#scanner, { records, tally })
      if (!isScanned) lines.at = this.readLine(bytes, { at: lines.at, records, tally })
      if (records.isAmple) yield records.take()
    }
  }

  /** Gives where the next one begins. */
  protected abstract readLine(lines: Uint8Array, place: ReadPlace & { readonly at: number }): number
}

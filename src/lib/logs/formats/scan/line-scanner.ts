import { isUtf8 } from 'node:buffer'
import type { ReadPlace } from '../format.ts'
import { Cursor } from './cursor.ts'

/**
 * A quick path: bytes in, bytes out, and for no line a string or an object. It knows regular lines alone and leaves every other one to the exact
 * path of its format, so that it need not be right about them. Tests hold both paths to the same bytes.
 */
export interface LineScanner {
  /** A record is at most so much longer than its line, but for what is left to the exact path. */
  readonly overhead: number
  /**
   * Writes the records of regular lines and gives how many. It stops at the end, before a line that is not regular, and where the
   * output is longer than `limit`: `cursor.at` is where the next line begins. Behind `limit` is room for the longest record.
   */
  scan(cursor: Cursor, limit: number): number
}

/** Whole lines that are read by a quick path where there is one. */
export class ScannedLines {
  readonly #cursor = new Cursor()

  constructor(lines: Uint8Array) {
    const cursor = this.#cursor
    cursor.input = lines
    cursor.end = lines.length
    cursor.valid = isUtf8(lines)
  }

  get at(): number {
    return this.#cursor.at
  }

  set at(at: number) {
    this.#cursor.at = at
  }

  get isAtEnd(): boolean {
    return this.#cursor.at >= this.#cursor.end
  }

  /** False where it stopped before a line that is not regular. */
  scan(scanner: LineScanner, { records, tally }: ReadPlace): boolean {
    const cursor = this.#cursor
    // No line is longer than what is left.
    const longest = cursor.end - cursor.at + scanner.overhead
    records.reserve(longest)
    cursor.output = records.bytes
    cursor.length = records.length
    const limit = records.bytes.length - longest
    tally.records += scanner.scan(cursor, limit)
    records.length = cursor.length
    return cursor.at === cursor.end || cursor.length > limit
  }
}

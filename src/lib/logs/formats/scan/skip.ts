import { type Cursor, type FieldScan, stopTable } from './cursor.ts'

/** A text that nobody wants: it ends where it would, and is not written. Whatever its bytes are, UTF-8 or not, the line is a record. */
export class SkipScan implements FieldScan {
  readonly #after: Uint8Array
  readonly #stop: Uint8Array

  constructor(after: Uint8Array) {
    this.#after = after
    this.#stop = stopTable(after[0] ?? 0, { valid: true })
  }

  scan(cursor: Cursor): boolean {
    const { input } = cursor
    const after = this.#after
    const stop = this.#stop
    let i = cursor.at
    while (stop[input[i] as number] === 0) i++
    for (let k = 0; k < after.length; k++) if (input[i++] !== after[k]) return false
    cursor.at = i
    return true
  }
}

/** A field that nobody wants, but that must be what its format says. */
export class UnwrittenScan implements FieldScan {
  readonly #scan: FieldScan

  constructor(scan: FieldScan) {
    this.#scan = scan
  }

  scan(cursor: Cursor): boolean {
    const { length } = cursor
    const fits = this.#scan.scan(cursor)
    cursor.length = length
    return fits
  }
}

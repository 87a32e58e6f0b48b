import { type Cursor, dash, type FieldScan, keyBytes, quote, stopTable } from './cursor.ts'

/** A text up to the byte that follows it. */
export class TextScan implements FieldScan {
  readonly #key: Uint8Array
  readonly #after: Uint8Array
  readonly #stops: readonly [other: Uint8Array, valid: Uint8Array]

  constructor(name: string, after: Uint8Array) {
    this.#key = keyBytes(name, '"')
    this.#after = after
    const first = after[0] ?? 0
    this.#stops = [stopTable(first, { valid: false }), stopTable(first, { valid: true })]
  }

  scan(cursor: Cursor): boolean {
    const { input, output } = cursor
    const key = this.#key
    const after = this.#after
    const stop = this.#stops[cursor.valid ? 1 : 0] as Uint8Array
    let i = cursor.at
    let o = cursor.length
    for (let k = 0; k < key.length; k++) output[o++] = key[k] as number
    let byte = input[i] as number
    while (stop[byte] === 0) {
      output[o++] = byte
      byte = input[++i] as number
    }
    // A dash alone stands for nothing.
    if (i === cursor.at + 1 && input[cursor.at] === dash) o = cursor.length
    else output[o++] = quote
    for (let k = 0; k < after.length; k++) if (input[i++] !== after[k]) return false
    cursor.at = i
    cursor.length = o
    return true
  }
}

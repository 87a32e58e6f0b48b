import { type Cursor, dash, dot, type FieldScan, keyBytes, nine, zero } from './cursor.ts'

/** A decimal number as JSON writes it too, with no more digits than every reader keeps. */
export class NumberScan implements FieldScan {
  readonly #key: Uint8Array
  readonly #after: Uint8Array

  constructor(name: string, after: Uint8Array) {
    this.#key = keyBytes(name)
    this.#after = after
  }

  scan(cursor: Cursor): boolean {
    const { input, output } = cursor
    const key = this.#key
    const after = this.#after
    let i = cursor.at
    let o = cursor.length
    let byte = input[i] as number
    if (byte === dash) i++
    else {
      for (let k = 0; k < key.length; k++) output[o++] = key[k] as number
      const begin = i
      while (byte >= zero && byte <= nine) {
        output[o++] = byte
        byte = input[++i] as number
      }
      if (i === begin || (input[begin] === zero && i > begin + 1)) return false
      if (byte === dot) {
        const point = i
        do {
          output[o++] = byte
          byte = input[++i] as number
        } while (byte >= zero && byte <= nine)
        if (i === point + 1) return false
      }
      if (i - begin > safeLength) return false
    }
    for (let k = 0; k < after.length; k++) if (input[i++] !== after[k]) return false
    cursor.at = i
    cursor.length = o
    return true
  }
}

/** So many digits a double keeps, whatever they are. */
const safeLength = 15

import { type Cursor, dash, type FieldScan, nine, zero } from './cursor.ts'
import { NumberScan } from './number.ts'
import { TextScan } from './text.ts'

/** A number where the value begins with a digit, else a text. What begins with a dash may be either: the number's way knows `-` alone. */
export class NumberOrTextScan implements FieldScan {
  readonly #number: NumberScan
  readonly #text: TextScan

  constructor(name: string, after: Uint8Array) {
    this.#number = new NumberScan(name, after)
    this.#text = new TextScan(name, after)
  }

  scan(cursor: Cursor): boolean {
    const byte = cursor.input[cursor.at] as number
    return (byte >= zero && byte <= nine) || byte === dash ? this.#number.scan(cursor) : this.#text.scan(cursor)
  }
}

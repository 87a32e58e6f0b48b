import { FieldFinder } from './field-finder.ts'

/** Fields that somebody wants to see of each record. Names are added while rules are opened. */
export class FieldNames {
  readonly #names: string[] = []
  /** Somebody wants whole records. */
  isWhole = false

  /** Its number from now on. */
  of(name: string): number {
    const known = this.#names.indexOf(name)
    return known >= 0 ? known : this.#names.push(name) - 1
  }

  /** No name is added after this. */
  get all(): readonly string[] {
    return this.#names
  }
}

/** One record after the other, as its line of JSON. Values are read only where they are asked for. */
export class RecordLine {
  bytes: Uint8Array = new Uint8Array()
  /** Another one for other bytes. */
  chunk = 0
  /** Where the line begins, and ends without its newline. */
  from = 0
  to = 0
  readonly #finder: FieldFinder

  constructor(names: readonly string[]) {
    this.#finder = new FieldFinder(names)
  }

  /** Goes on with other lines. */
  open(bytes: Uint8Array): void {
    this.bytes = bytes
    this.chunk++
  }

  /** Goes to the line that begins at `from`, and gives where the next one does. */
  go(from: number): number {
    this.from = from
    const end = this.#finder.find(this.bytes, from)
    const next = this.bytes[end] === newline ? end : this.bytes.indexOf(newline, end)
    this.to = next < 0 ? this.bytes.length : next
    return this.to + 1
  }

  /** Where the value of a field begins; -1 where there is none. A null is one. */
  start(field: number): number {
    return this.#finder.starts[field] as number
  }

  end(field: number): number {
    return this.#finder.ends[field] as number
  }

  /** A text as it is, anything else as JSON writes it; undefined where there is nothing or null. */
  text(field: number): string | undefined {
    const from = this.start(field)
    if (from < 0) return undefined
    const json = textOf(this.bytes, from, this.end(field))
    if (this.bytes[from] !== quote) return json === 'null' ? undefined : json
    return json.includes('\\') ? JSON.parse(json) : json.slice(1, -1)
  }

  /** A number, or a text that is one; NaN else. */
  number(field: number): number {
    let from = this.start(field)
    if (from < 0) return Number.NaN
    let to = this.end(field)
    const { bytes } = this
    if (bytes[from] === quote) {
      from++
      to--
    }
    let digits = 0
    let point = -1
    let i = from
    for (; i < to; i++) {
      const byte = bytes[i] as number
      if (byte >= zero && byte <= nine) digits = 10 * digits + byte - zero
      else if (byte === dot && point < 0 && i > from) point = i
      else break
    }
    // Both are whole numbers that a double holds, so that the quotient is the nearest double, as when the text is read.
    if (i === to && i > from && i > point + 1 && i - from <= safeDigits)
      return point < 0 ? digits : digits / (powersOfTen[i - point - 1] as number)
    const text = textOf(bytes, from, to)
    return /^-?\d/.test(text) ? Number(text) : Number.NaN
  }

  /** The value as JSON; undefined where there is none. */
  jsonOf(field: number): string | undefined {
    const from = field < 0 ? -1 : this.start(field)
    return from < 0 ? undefined : textOf(this.bytes, from, this.end(field))
  }

  /** The whole line. */
  get json(): string {
    return textOf(this.bytes, this.from, this.to)
  }
}

const textOf = (bytes: Uint8Array, from: number, to: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('utf8')

const [newline, quote, dot, zero, nine] = [10, 34, 46, 48, 57]
const powersOfTen = Array.from({ length: 16 }, (_, places) => 10 ** places)
/** So many digits a double keeps, whatever they are. */
const safeDigits = 15

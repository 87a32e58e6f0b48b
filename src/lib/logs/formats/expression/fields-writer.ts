import { type Cursor, dash, dot, keyBytes, nine, plus, quote, space, zero } from '../scan/cursor.ts'

/** A field of the groups of an expression. A text that is `-` alone stands for nothing. */
export interface GroupField {
  readonly name: string
  /** Numbers of its groups: the first that took part counts. */
  readonly groups: readonly number[]
  readonly kind: GroupKind
}

export type GroupKind =
  /** A number where it is one as JSON writes it. */
  | 'count'
  /** The same, but no negative one. */
  | 'natural'
  /** A number, however it is written. */
  | 'int'
  | 'float'
  | 'text'

/** Writes what groups took as a record, from bytes to bytes. What is rare it leaves to the exact path. */
export class FieldsWriter {
  /** A record is at most so much longer than what its groups took, where nothing is escaped. */
  readonly overhead: number
  readonly #fields: readonly { readonly key: Uint8Array; readonly groups: Uint32Array; readonly kind: GroupKind }[]

  constructor(fields: readonly GroupField[]) {
    this.#fields = fields.map(({ name, groups, kind }) => ({ key: keyBytes(name), groups: Uint32Array.from(groups), kind }))
    this.overhead = this.#fields.reduce((sum, { key }) => sum + key.length + perField, 2)
  }

  /** False where it did not write it: for want of room, or as the exact path has to. */
  write(cursor: Cursor, places: Int32Array): boolean {
    const fields = this.#fields
    const { input, output } = cursor
    const begin = cursor.length
    for (let k = 0; k < fields.length; k++) {
      const { key, groups, kind } = fields[k] as (typeof fields)[number]
      let g = 0
      while (g < groups.length - 1 && (places[2 * (groups[g] as number)] as number) < 0) g++
      const group = groups[g] as number
      const from = places[2 * group] as number
      const to = places[2 * group + 1] as number
      const first = input[from]
      if (from < 0 || (first === dash && to === from + 1)) continue
      let o = cursor.length
      if (output.length - o < key.length + perField + to - from) return this.#leave(cursor, begin)
      for (let i = 0; i < key.length; i++) output[o++] = key[i] as number
      cursor.length = o
      const form = kind === 'text' || from === to ? text : formOf(input, { from, to, kind })
      if (form === irregular) return this.#leave(cursor, begin)
      if (form === number) {
        for (let i = from; i < to; i++) output[o++] = input[i] as number
        cursor.length = o
      } else if (!writeText(cursor, from, to)) return this.#leave(cursor, begin)
    }
    if (cursor.length === begin) return false
    output[begin] = brace
    output[cursor.length++] = braceEnd
    output[cursor.length++] = newline
    return true
  }

  #leave(cursor: Cursor, length: number): false {
    cursor.length = length
    return false
  }
}

const [brace, braceEnd, newline] = [123, 125, 10]
/** Quotes, and the end of the record. */
const perField = 4

const [text, number, irregular] = [0, 1, 2]
/** So many digits a double keeps, whatever they are. */
const safeLength = 15

/** Of a text that is not empty: what it is written as. */
function formOf(
  input: Uint8Array,
  { from, to, kind }: { readonly from: number; readonly to: number; readonly kind: GroupKind },
): number {
  const first = input[from] as number
  const isTyped = kind === 'int' || kind === 'float'
  const isOdd = isTyped ? irregular : text
  let i = from
  if (first === dash && kind !== 'natural') i++
  else if (first < zero || first > nine) return isTyped && (first === plus || first === dot) ? irregular : text
  const begin = i
  while (i < to && isDigit(input[i] as number)) i++
  if (i === begin || (input[begin] === zero && i > begin + 1)) return isOdd
  if (i < to && input[i] === dot) {
    const point = i++
    while (i < to && isDigit(input[i] as number)) i++
    if (i === point + 1 || kind === 'int') return isOdd
  }
  if (i < to) return isOdd
  return to - begin > safeLength ? irregular : number
}

const isDigit = (byte: number): boolean => byte >= zero && byte <= nine

/** In quotes. There is room for it as it is; false where there is not for what is escaped. */
function writeText(cursor: Cursor, from: number, to: number): boolean {
  const { input, output } = cursor
  let o = cursor.length
  output[o++] = quote
  for (let i = from; i < to; i++) {
    const byte = input[i] as number
    if (isEscaped[byte] === 1) {
      cursor.length = o
      return writeEscaped(cursor, i, to)
    }
    output[o++] = byte
  }
  output[o++] = quote
  cursor.length = o
  return true
}

function writeEscaped(cursor: Cursor, from: number, to: number): boolean {
  const { input, output } = cursor
  let o = cursor.length
  if (output.length - o < longestEscape * (to - from) + perField) return false
  for (let i = from; i < to; i++) {
    const byte = input[i] as number
    const escaped = escapes[byte]
    if (escaped === undefined) output[o++] = byte
    else for (let k = 0; k < escaped.length; k++) output[o++] = escaped[k] as number
  }
  output[o++] = quote
  cursor.length = o
  return true
}

/** As JSON.stringify writes them. */
const escapes: readonly (Uint8Array | undefined)[] = Array.from({ length: 256 }, (_, byte) =>
  byte < space || byte === quote || byte === 92
    ? new Uint8Array(Buffer.from(JSON.stringify(String.fromCharCode(byte)).slice(1, -1)))
    : undefined,
)
const isEscaped = Uint8Array.from(escapes, escaped => (escaped === undefined ? 0 : 1))
/** `\u001f` */
const longestEscape = 6

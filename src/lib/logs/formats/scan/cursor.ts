/** Where a scan is: it reads `input` from `at` and writes `output` from `length`. Fields of it move both, and leave them where they stopped. */
export class Cursor {
  input: Uint8Array = new Uint8Array()
  /** Begin of a line; the input up to here is whole lines. */
  end = 0
  at = 0
  output: Uint8Array = new Uint8Array()
  length = 0
  /** All of the input is valid UTF-8, so that bytes from 0x80 on can be taken over. */
  valid = false
}

/** A field of a scan: reads its value and what stands behind it. False for what is not regular: what it wrote then does not count. */
export interface FieldScan {
  scan(cursor: Cursor): boolean
}

export const [newline, carriageReturn, space, quote, comma, plus, dash, dot, slash, zero, nine, colon] = [
  10, 13, 32, 34, 44, 43, 45, 46, 47, 48, 57, 58,
] as const

/** Bytes of a text, one character each. */
export const latin1 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'))

/** How a field begins in the record; the comma before the first one becomes the brace. */
export const keyBytes = (name: string, rest = ''): Uint8Array => new Uint8Array(Buffer.from(`,${JSON.stringify(name)}:${rest}`))

/**
 * For each byte whether a text ends at it: at the byte behind the field, and at those that JSON or the escapes of logs give a meaning.
 * From 0x80 on only where the input is not known to be UTF-8.
 */
export function stopTable(first: number, { valid }: { readonly valid: boolean }): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) =>
    byte === first || byte < space || byte === quote || byte === backslash || (byte >= 0x80 && !valid) ? 1 : 0,
  )
}

const backslash = 92

import type { ReadPlace } from './format.ts'

const [newline, carriageReturn] = [10, 13]

/** Where the line that begins at `from` ends, without its end (`\n` or `\r\n`), and where the next one begins. */
export function lineAt(lines: Uint8Array, from: number): { readonly end: number; readonly next: number } {
  const at = lines.indexOf(newline, from)
  return { end: at > from && lines[at - 1] === carriageReturn ? at - 1 : at, next: at + 1 }
}

/** Bytes as text; what is not UTF-8 becomes U+FFFD. */
export const utf8Text = (bytes: Uint8Array, from: number, to: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('utf8')

/** Keeps a line as it is, with why it is no record. */
export function addMisfit(raw: string, { reason, records, tally }: ReadPlace & { readonly reason: string }): void {
  tally.misfit(reason, raw)
  records.add(`{"raw":${JSON.stringify(raw)},"error":${JSON.stringify(reason)}}`)
}

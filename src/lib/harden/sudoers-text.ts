/** A line of the rules of sudo: continued ones as one, without comments. */
export interface LogicalLine {
  /** From 1, of its beginning. */
  readonly line: number
  readonly text: string
}

/**
 * Lines as sudo(8) takes them apart, sudoers(5), "Other special characters": a # begins a comment, which goes to the end of its own line
 * whatever stands there, but not in quotes, not in `#include`, and not before a digit, where it names a user.
 */
export function logicalLines(text: string): LogicalLine[] {
  const found: LogicalLine[] = []
  let line = 1
  let begin = 1
  let whole = ''
  for (const [token] of text.matchAll(tokens)) {
    if (/^\\\r?\n$/.test(token)) whole += ' '
    else if (token === '\n') {
      if (whole.trim() !== '') found.push({ line: begin, text: whole.trim() })
      whole = ''
    } else if (!token.startsWith('#') || isUserId(token, whole)) whole += token
    else if (whole.trim() === '' && /^#include(dir)?\s/.test(token)) whole += token
    line += token.split('\n').length - 1
    if (whole === '') begin = line
  }
  if (whole.trim() !== '') found.push({ line: begin, text: whole.trim() })
  return found
}

/** A string, an escaped sign or newline, a user id, a comment, a newline, or another sign. */
const tokens = /"(?:\\[\s\S]|[^"\\\n])*"|\\\r?\n|\\[^\n]|#-?\d+|#[^\n]*|\n|[^"\\#\n]+|["\\]/g

const isUserId = (token: string, before: string): boolean => /^#-?\d+$/.test(token) && !/\w$/.test(before)

/** Without what stands in quotes. */
export const unquoted = (text: string): string => text.replace(/"(?:\\.|[^"\\])*"/g, '""')

export interface SudoersInclude {
  /** Absolute; not to be had where it holds the name of the host. */
  readonly path: string
  readonly isDirectory: boolean
}

/** What a line `@include FILE` or `@includedir DIRECTORY` means, also in the old spelling with #; a relative path is below that of the file. */
export function includeOf({ text, file }: { readonly text: string; readonly file: string }): SudoersInclude | undefined {
  const [, directory, quoted, plain = ''] = /^[@#]include(dir)?\s+(?:"([^"]+)"|((?:\\.|[^\s#\\])+))/.exec(text) ?? []
  const name = quoted ?? plain.replace(/\\(.)/g, '$1')
  if (name === '') return undefined
  const path = name.startsWith('/') ? name : `${file.slice(0, file.lastIndexOf('/') + 1)}${name}`
  return { path: path.replace(/(?<=.)\/+$/, ''), isDirectory: directory !== undefined }
}

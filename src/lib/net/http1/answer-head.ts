import { isUtf8 } from 'node:buffer'
import { type Field, isToken } from './field.ts'
import { protocolError } from './protocol-error.ts'

export interface AnswerHead {
  readonly status: number
  /** `1.0` or `1.1`. */
  readonly version: string
  readonly headers: readonly Field[]
}

const maxFields = 256
const statusLine = /^HTTP\/(1\.\d) ([1-9]\d\d)(?: |$)/
const loneByte = /\r(?!\n)|\0/
const maxShown = 40

/**
 * Reads the head of an answer (RFC 9112, sections 4 and 5), one character a byte, with its last line break and without the empty
 * line. A line may end with LF alone; a folded line is joined with a space, as section 5.2 asks of a client.
 * @throws NetError
 */
export function parseAnswerHead(text: string): AnswerHead {
  if (loneByte.test(text)) throw protocolError('the head of the answer holds a NUL or a CR without LF')
  let end = text.indexOf('\n')
  const first = lineOf(text, 0, end)
  const [, version, status] = statusLine.exec(first) ?? []
  if (version === undefined) throw protocolError(`the answer begins with ${shown(first)}, which is no status line`)
  const headers: [string, string][] = []
  for (let start = end + 1; start < text.length; start = end + 1) {
    end = text.indexOf('\n', start)
    addLine(headers, lineOf(text, start, end))
  }
  for (const field of headers) field[1] = decoded(trimmed(field[1]))
  return { status: Number(status), version, headers }
}

function addLine(headers: [string, string][], line: string): void {
  const first = line.charCodeAt(0)
  if (first === 0x20 || first === 0x09) {
    const last = headers.at(-1)
    if (last === undefined) throw protocolError('the first header of the answer continues a line that is not there')
    last[1] = `${trimmed(last[1])} ${trimmed(line)}`
    return
  }
  const colon = line.indexOf(':')
  const name = line.slice(0, Math.max(0, colon))
  if (!isToken(name)) throw protocolError(`the answer has the line ${shown(line)}, which is no header`)
  if (headers.length === maxFields) throw protocolError(`the answer has more than ${maxFields} headers`)
  headers.push([name, line.slice(colon + 1)])
}

const lineOf = (text: string, start: number, end: number): string =>
  text.slice(start, text.charCodeAt(end - 1) === 0x0d ? end - 1 : end)

function trimmed(value: string): string {
  let start = 0
  let end = value.length
  while (start < end && isBlank(value.charCodeAt(start))) start++
  while (end > start && isBlank(value.charCodeAt(end - 1))) end--
  return value.slice(start, end)
}

const beyondAscii = /[\x80-\xff]/

/** Bytes beyond ASCII are UTF-8 where they can be, else Latin-1 (RFC 9110, section 5.5). */
function decoded(value: string): string {
  if (!beyondAscii.test(value)) return value
  const bytes = Buffer.from(value, 'latin1')
  return isUtf8(bytes) ? bytes.toString() : value
}

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09

const shown = (line: string): string => JSON.stringify(line.length > maxShown ? `${line.slice(0, maxShown)}…` : line)

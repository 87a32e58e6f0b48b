import type { Tally } from '../tally.ts'
import { Misfit } from './format.ts'
import { jsonNumber } from './number.ts'
import { type Field, type FieldType, isQuoted, type Template } from './template.ts'
import { isRfc3339, localTimeLength, rfc3339OfLocal, rfc3339OfSeconds } from './time.ts'

/**
 * One line as a record, in JSON: what the format says, exactly, for every line. Slow; scan/scanner.ts is the quick way for regular lines.
 * @param line without its end, of bytes, one character each (latin1)
 */
export function templateRecord(
  line: string,
  { template, tally }: { readonly template: Template; readonly tally: Tally },
): string | Misfit {
  const { before, fields } = template
  if (!line.startsWith(before)) return new Misfit(`does not begin with '${before}'`)
  const members: string[] = []
  let at = before.length
  let unread = false
  for (const [index, field] of fields.entries()) {
    const end = endOf(field, { line, at, isLast: index === fields.length - 1 })
    if (end === undefined) return new Misfit(noEnd(field))
    const value = line.slice(at, end)
    at = end + field.after.length
    if (value === '-') continue
    const read = readers[field.type](value, field.name)
    if (read === undefined) return new Misfit(`${field.name} is not a number`)
    if (read.unread) unread = true
    members.push(read.json)
  }
  if (at !== line.length) return new Misfit('goes on behind its last field')
  if (unread) tally.unreadTimes++
  return `{${members.join(',')}}`
}

/** Where the value ends and the text behind it begins. */
function endOf(
  field: Field,
  { line, at, isLast }: { readonly line: string; readonly at: number; readonly isLast: boolean },
): number | undefined {
  const { after, type } = field
  if (isQuoted(field)) {
    const end = quoteFrom(line, at)
    return line.startsWith(after, end) ? end : undefined
  }
  if (after === '') return line.length
  // It holds a space itself, which may be what stands behind it.
  const time = at + localTimeLength
  if (type === 'time-local' && line.startsWith(after, time) && rfc3339OfLocal(line.slice(at, time)) !== undefined) return time
  const end = isLast ? line.length - after.length : line.indexOf(after, at)
  return end >= at && line.startsWith(after, end) ? end : undefined
}

/** The first quote that no backslash stands before; the end of the line where there is none. */
function quoteFrom(line: string, from: number): number {
  let at = from
  while (at < line.length && line[at] !== '"') at += line[at] === '\\' ? 2 : 1
  return Math.min(at, line.length)
}

const noEnd = ({ name, after }: Field): string => `no ${after === '"' ? 'closing quote' : `'${after}'`} behind ${name}`

interface Read {
  /** Members of the record. */
  readonly json: string
  /** A time that is none. */
  readonly unread?: boolean
}

const member = (name: string, text: string): string => `${JSON.stringify(name)}:${JSON.stringify(unescaped(text))}`

const readers: Readonly<Record<FieldType, (value: string, name: string) => Read | undefined>> = {
  text: (value, name) => ({ json: member(name, value) }),
  number: (value, name) => {
    const number = jsonNumber(value)
    return number === undefined ? undefined : { json: `${JSON.stringify(name)}:${number}` }
  },
  'number-or-text': (value, name) => {
    const number = jsonNumber(value)
    return { json: number === undefined ? member(name, value) : `${JSON.stringify(name)}:${number}` }
  },
  'time-local': (value, name) => timeMember(name, value, rfc3339OfLocal(value)),
  'time-iso': (value, name) => timeMember(name, value, isRfc3339(value) ? value : undefined),
  'time-seconds': (value, name) => timeMember(name, value, rfc3339OfSeconds(value)),
  'time-milliseconds': (value, name) => timeMember(name, value, rfc3339OfSeconds(shifted(value, 3))),
  'time-microseconds': (value, name) => timeMember(name, value, rfc3339OfSeconds(shifted(value, 6))),
  request: (value, name) => ({ json: requestMembers(value, name) }),
}

function timeMember(name: string, value: string, time: string | undefined): Read {
  return time === undefined ? { json: member(name, value), unread: true } : { json: `${JSON.stringify(name)}:"${time}"` }
}

/** A whole number with its point moved to the left. */
const shifted = (digits: string, places: number): string =>
  /^\d+$/.test(digits) ? digits.padStart(places + 1, '0').replace(new RegExp(`(\\d{${places}})$`), '.$1') : ''

function requestMembers(value: string, name: string): string {
  const [, method, path, protocol] = /^([A-Z][A-Z_-]*) ([^ ]+) (HTTP\/\d\.\d)$/s.exec(unescapedBytes(value)) ?? []
  if (method === undefined || path === undefined) return member(name, value)
  return `"method":"${method}","path":${JSON.stringify(utf8(path))},"protocol":"${protocol}"`
}

const unescaped = (value: string): string => utf8(unescapedBytes(value))

const utf8 = (bytes: string): string => Buffer.from(bytes, 'latin1').toString('utf8')

/** As nginx (`escape=default`) and Apache write bytes that would break a line. */
function unescapedBytes(value: string): string {
  if (!value.includes('\\')) return value
  return value.replace(/\\(?:x([0-9A-Fa-f]{2})|(["\\nrtbv]))/g, (_, hex: string | undefined, letter: string) =>
    hex === undefined ? (escapes[letter] ?? letter) : String.fromCharCode(Number.parseInt(hex, 16)),
  )
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', v: '\v' }

import { nearest } from '../../core/nearest.ts'
import { type FieldType, type Template, TemplateFault, type TemplatePart, templateOf } from './template.ts'

type Meaning = readonly [field: string, type: FieldType]

/** Directives of mod_log_config and mod_logio (https://httpd.apache.org/docs/2.4/mod/mod_log_config.html) without an argument. */
const directives: Readonly<Record<string, Meaning>> = {
  a: ['remote_addr', 'text'],
  A: ['server_addr', 'text'],
  B: ['bytes', 'number'],
  b: ['bytes', 'number'],
  D: ['request_time_us', 'number'],
  f: ['filename', 'text'],
  h: ['remote_addr', 'text'],
  H: ['protocol', 'text'],
  I: ['bytes_received', 'number'],
  k: ['keepalives', 'number'],
  l: ['ident', 'text'],
  L: ['error_log_id', 'text'],
  m: ['method', 'text'],
  O: ['bytes_sent', 'number'],
  p: ['server_port', 'number'],
  P: ['pid', 'number'],
  q: ['query', 'text'],
  r: ['request', 'request'],
  R: ['handler', 'text'],
  s: ['status', 'number'],
  S: ['bytes_transferred', 'number'],
  t: ['time', 'time-local'],
  T: ['request_time', 'number'],
  u: ['remote_user', 'text'],
  U: ['path', 'text'],
  v: ['server_name', 'text'],
  V: ['server_name', 'text'],
  X: ['connection_status', 'text'],
}

/** Directives behind `%{ARGUMENT}`: as which field for that argument. */
const withArgument: Readonly<Record<string, (argument: string) => Meaning | undefined>> = {
  a: argument => (argument === 'c' ? ['peer_addr', 'text'] : undefined),
  h: argument => (argument === 'c' ? ['peer_addr', 'text'] : undefined),
  C: argument => [`cookie_${plain(argument)}`, 'text'],
  e: argument => [`env_${plain(argument)}`, 'text'],
  i: argument => [headers[argument.toLowerCase()] ?? `http_${plain(argument)}`, 'text'],
  n: argument => [`note_${plain(argument)}`, 'text'],
  o: argument => [`sent_http_${plain(argument)}`, 'text'],
  p: argument => portNames[argument],
  P: argument =>
    ['pid', 'tid', 'hextid'].includes(argument) ? [argument, argument === 'hextid' ? 'text' : 'number'] : undefined,
  t: argument => timeForms[argument],
  T: argument => durationUnits[argument],
  x: argument => [`ssl_${plain(argument)}`, 'text'],
  '^ti': argument => [`trailer_${plain(argument)}`, 'text'],
  '^to': argument => [`sent_trailer_${plain(argument)}`, 'text'],
}

const plain = (argument: string): string => argument.toLowerCase().replace(/[^a-z0-9]+/g, '_')

const headers: Readonly<Record<string, string>> = { referer: 'referer', 'user-agent': 'user_agent' }
const portNames: Readonly<Record<string, Meaning>> = {
  canonical: ['server_port', 'number'],
  local: ['local_port', 'number'],
  remote: ['remote_port', 'number'],
}
const timeForms: Readonly<Record<string, Meaning>> = {
  sec: ['time', 'time-seconds'],
  msec: ['time', 'time-milliseconds'],
  usec: ['time', 'time-microseconds'],
  '%d/%b/%Y:%H:%M:%S %z': ['time', 'time-local'],
  '%Y-%m-%dT%H:%M:%S%z': ['time', 'time-iso'],
}
const durationUnits: Readonly<Record<string, Meaning>> = {
  s: ['request_time', 'number'],
  ms: ['request_time_ms', 'number'],
  us: ['request_time_us', 'number'],
}

/** In an httpd.conf the whole stands in double quotes, so these stand for one character each. */
const escapes: Readonly<Record<string, string>> = { '"': '"', '\\': '\\', t: '\t' }

/** A `LogFormat` of Apache httpd as a template. @throws TemplateFault */
export function apacheTemplate(format: string): Template {
  if (/^\s*LogFormat\s/.test(format))
    throw new TemplateFault('this is the directive', 0, 'give what stands in its quotes, without its name')
  const parts: TemplatePart[] = []
  let at = 0
  const token = /\\(.)|%(?:%|([!\d,]*)([<>]?)(?:\{([^}]*)(\}?))?([<>]?)(\^t[io]|.?))/g
  for (const found of format.matchAll(token)) {
    if (found.index > at) parts.push({ literal: format.slice(at, found.index) })
    at = found.index + found[0].length
    const [whole, escaped] = found
    if (escaped !== undefined) parts.push({ literal: escapes[escaped] ?? whole })
    else if (whole === '%%') parts.push({ literal: '%' })
    else parts.push(...directive(found))
  }
  if (at < format.length) parts.push({ literal: format.slice(at) })
  return templateOf('apache', parts)
}

function directive({ index: at, 0: whole, 4: argument, 5: end, 7: letter = '' }: RegExpExecArray): TemplatePart[] {
  if (argument !== undefined && end === '') throw new TemplateFault(`${whole} has no }`, at)
  if (letter === '') throw new TemplateFault(`${whole} names nothing`, at, 'a percent sign of its own is written %%')
  const known = argument === undefined ? directives : withArgument
  if (!Object.hasOwn(known, letter)) throw unknown(whole, { at, letter, argument })
  const meaning = argument === undefined ? directives[letter] : withArgument[letter]?.(argument)
  if (!meaning) throw unknownArgument(whole, { at, letter, argument: argument ?? '' })
  const [name, type] = meaning
  const part = { name, type, at }
  // Apache writes its own form of a time in brackets.
  return letter === 't' && argument === undefined ? [{ literal: '[' }, part, { literal: ']' }] : [part]
}

interface Wrong {
  readonly at: number
  readonly letter: string
  readonly argument: string | undefined
}

function unknown(whole: string, { at, letter, argument }: Wrong): TemplateFault {
  const other = argument === undefined ? withArgument : directives
  if (Object.hasOwn(other, letter)) {
    return new TemplateFault(`Apache has no ${whole}`, at, argument === undefined ? `write %{NAME}${letter}` : `write %${letter}`)
  }
  const swapped = letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase()
  const known = Object.keys(argument === undefined ? directives : withArgument)
  const hint = known.includes(swapped) ? `did you mean ${whole.slice(0, -1)}${swapped}?` : `it has ${known.join(' ')}`
  return new TemplateFault(`Apache has no ${whole}`, at, hint)
}

function unknownArgument(whole: string, { at, letter, argument }: Wrong & { readonly argument: string }): TemplateFault {
  const choices = {
    a: ['c'],
    h: ['c'],
    p: Object.keys(portNames),
    P: ['pid', 'tid', 'hextid'],
    t: Object.keys(timeForms),
    T: Object.keys(durationUnits),
  }
  const known = Object.entries(choices).find(([key]) => key === letter)?.[1] ?? []
  const close = nearest(argument, known)
  return new TemplateFault(
    `${whole} is not known here`,
    at,
    close ? `did you mean %{${close}}${letter}?` : `known are ${known.map(each => `%{${each}}${letter}`).join(' ')}`,
  )
}

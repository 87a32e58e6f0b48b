/** Most hosts that one pattern may stand for. */
const maxHosts = 100_000

export interface HostPattern {
  readonly names: readonly string[]
  readonly port?: number
}

/**
 * The hosts of a pattern in an Ansible inventory: `web[01:50].example.com`, `db-[a:f]`, `n[0:100:5]`, several brackets, and `:port` at the end.
 * What is no address stays a name as it stands. The string says what is wrong.
 */
export function expandHostPattern(pattern: string): HostPattern | string {
  const { host, port } = splitPort(pattern)
  if (port === undefined && pattern.endsWith(':')) return `'${pattern}' ends in ':' but names no port`
  const names = expandRanges(host)
  if (typeof names === 'string') return names
  return port === undefined ? { names } : { names, port }
}

// These shapes are those of Ansible's parsing/utils/addresses.py: they decide whether `:22` is a port or part of the name.
const numericRange = '\\[\\d+:\\d+(?::\\d+)?\\]'
const alphanumericRange = '\\[(?:[a-z]:[a-z]|\\d+:\\d+)(?::\\d+)?\\]'
const ipv4Part = `(?:[01]?\\d{1,2}|2[0-4]\\d|25[0-5]|${numericRange})`
const ipv4Shape = new RegExp(`^(?:${ipv4Part}\\.){3}${ipv4Part}$`, 'i')
const ipv6Part = '(?:[0-9a-f]{0,4}|\\[[0-9a-f]+:[0-9a-f]+(?::\\d+)?\\])'
const ipv6Shape = new RegExp(`^(?:${ipv6Part}:){2,7}(?:${ipv6Part}|(?:\\d{1,3}\\.){3}\\d{1,3})$`, 'i')
const label = `(?:[\\p{L}\\p{N}_]|${alphanumericRange})(?:[\\p{L}\\p{N}_-]|${alphanumericRange})*(?<![_-])`
const nameShape = new RegExp(`^${label}(?:\\.${label})*$`, 'iu')

function splitPort(pattern: string): { host: string; port?: number } {
  const [, host, digits] = /^\[(.+)\]:(\d+)$/.exec(pattern) ?? /^((?:[^:[\]]|\[[^\]]*\])*):(\d+)$/.exec(pattern) ?? []
  if (host === undefined || ![ipv4Shape, ipv6Shape, nameShape].some(shape => shape.test(host))) return { host: pattern }
  return { host, port: Number(digits) }
}

function expandRanges(text: string): string[] | string {
  const open = text.indexOf('[')
  if (open === -1) return [text]
  const close = text.indexOf(']', open)
  if (close === -1) return `'[' of '${text}' is never closed`
  const middles = expandRange(text.slice(open + 1, close))
  if (typeof middles === 'string') return middles
  const tails = expandRanges(text.slice(close + 1))
  if (typeof tails === 'string') return tails
  if (middles.length * tails.length > maxHosts) return `'${text}' stands for more than ${maxHosts} hosts`
  return middles.flatMap(middle => tails.map(tail => text.slice(0, open) + middle + tail))
}

function expandRange(range: string): string[] | string {
  const [first = '', last = '', step = '1', ...more] = range.split(':')
  if (!range.includes(':') || more.length > 0) return `'[${range}]' is not a range: write [01:50], [a:f] or [0:100:5]`
  if (last === '') return `the range '[${range}]' has no end`
  if (!/^[1-9]\d*$/.test(step)) return `the step of '[${range}]' must be a number of at least 1`
  if (/^[a-zA-Z]$/.test(first) && /^[a-zA-Z]$/.test(last)) return letters({ range, first, last, step: Number(step) })
  return numbers({ range, first: first || '0', last, step: Number(step) })
}

interface Bounds {
  readonly range: string
  readonly first: string
  readonly last: string
  readonly step: number
}

function letters({ range, first, last, step }: Bounds): string[] | string {
  const alphabet = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'
  const from = alphabet.indexOf(first)
  const to = alphabet.indexOf(last)
  if (from > to) return `the range '[${range}]' ends before it begins`
  return [...alphabet.slice(from, to + 1)].filter((_, index) => index % step === 0)
}

function numbers({ range, first, last, step }: Bounds): string[] | string {
  if (!/^\d{1,15}$/.test(first) || !/^\d{1,15}$/.test(last)) return `'[${range}]' is not a range of numbers or of letters`
  const padded = first.length > 1 && first.startsWith('0')
  if (padded && first.length !== last.length) return `both ends of '[${range}]' need the same number of digits`
  const count = Math.floor((Number(last) - Number(first)) / step) + 1
  if (count > maxHosts) return `'[${range}]' stands for more than ${maxHosts} hosts`
  return Array.from({ length: Math.max(0, count) }, (_, index) =>
    String(Number(first) + index * step).padStart(padded ? first.length : 0, '0'),
  )
}

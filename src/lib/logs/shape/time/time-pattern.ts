import type { CivilTime } from './civil-time.ts'

/** How times are written. */
export interface TimePattern {
  /** Every time of it says where it stands from UTC. */
  readonly hasZone: boolean
  /** Undefined for what is not written so. */
  read(text: string): CivilTime | undefined
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const longMonths = 'January|February|March|April|May|June|July|August|September|October|November|December'

/** What each directive of strptime takes; its groups are named by what they mean. */
const directives: Readonly<Record<string, string>> = {
  Y: String.raw`(?<year>\d{4})`,
  y: String.raw`(?<shortYear>\d\d)`,
  m: String.raw`(?<month>\d{1,2})`,
  b: '(?<monthName>[A-Za-z]{3})',
  B: `(?<monthName>${longMonths})`,
  d: String.raw`(?<day>\d{1,2})`,
  e: String.raw` ?(?<day>\d{1,2})`,
  H: String.raw`(?<hour>\d{1,2})`,
  I: String.raw`(?<hour12>\d{1,2})`,
  p: '(?<half>[AaPp])[Mm]',
  M: String.raw`(?<minute>\d{1,2})`,
  S: String.raw`(?<second>\d{1,2})`,
  f: String.raw`(?<fraction>\d{1,9})`,
  z: String.raw`(?<zone>Z|UTC|GMT|[+-]\d\d:?\d\d)`,
  a: '[A-Za-z]{3}',
  A: '[A-Za-z]{6,9}',
  '%': '%',
}
const short: Readonly<Record<string, string>> = { T: '%H:%M:%S', F: '%Y-%m-%d', D: '%m/%d/%y', h: '%b', R: '%H:%M' }

/** A pattern of strptime: `%d/%b/%Y:%H:%M:%S %z`; `%f` is the fraction of a second. @throws Error that says what is wrong */
export function strptimePattern(text: string): TimePattern {
  const seen = new Set<string>()
  const long = text.replaceAll(/%([TFDhR])/g, (_, letter: string) => short[letter] ?? '')
  const source = long.replaceAll(/%(.?)|[^%]+/gs, (whole, letter?: string) => {
    if (letter === undefined) return RegExp.escape(whole).replaceAll(String.raw`\x20`, ' ')
    const directive = Object.hasOwn(directives, letter) ? directives[letter] : undefined
    if (directive === undefined)
      throw new Error(`there is no %${letter}: there are %${[...Object.keys(directives), ...Object.keys(short)].join(' %')}`)
    const name = /<(\w+)>/.exec(directive)?.[1]
    if (name !== undefined && seen.has(name)) throw new Error(`%${letter} comes twice, or what means the same`)
    if (name !== undefined) seen.add(name)
    return directive
  })
  if (!seen.has('day') || !(seen.has('month') || seen.has('monthName')) || !(seen.has('hour') || seen.has('hour12')))
    throw new Error('it has no month, day and hour')
  if (seen.has('hour12') !== seen.has('half')) throw new Error('%I and %p go together')
  return { hasZone: seen.has('zone'), read: reading(new RegExp(`^${source}$`)) }
}

/** RFC 3339, and what is written like it: a space for the T, a comma for the point, no colon in the zone, or none. */
export const rfc3339Pattern: TimePattern = {
  hasZone: false,
  read: reading(
    /^(?<year>\d{4})-(?<month>\d\d)-(?<day>\d\d)[Tt ](?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d)(?:[.,](?<fraction>\d{1,9})\d*)? ?(?<zone>[Zz]|UTC|GMT|[+-]\d\d:?\d\d)?$/,
  ),
}

function reading(pattern: RegExp): (text: string) => CivilTime | undefined {
  return text => {
    const groups = pattern.exec(text)?.groups
    if (!groups) return undefined
    const { year, shortYear, monthName, fraction, zone, hour12, half } = groups
    const number = (name: string): number => Number(groups[name] ?? 0)
    const month = monthName === undefined ? number('month') : months.indexOf(monthName.slice(0, 3).toLowerCase()) + 1
    const years =
      year ?? (shortYear === undefined ? undefined : String(Number(shortYear) + (Number(shortYear) < 69 ? 2000 : 1900)))
    return {
      ...(years !== undefined && { year: Number(years) }),
      month,
      day: number('day'),
      hour: hour12 === undefined ? number('hour') : (Number(hour12) % 12) + (/p/i.test(half ?? '') ? 12 : 0),
      minute: number('minute'),
      second: number('second'),
      ...(fraction !== undefined && { fraction }),
      ...(zone !== undefined && { offset: offsetOf(zone) }),
    }
  }
}

function offsetOf(zone: string): number {
  const [, sign, hours, minutes] = /^([+-])(\d\d):?(\d\d)$/.exec(zone) ?? []
  const offset = Number(hours ?? 0) * 60 + Number(minutes ?? 0)
  return sign === '-' && offset > 0 ? -offset : offset
}

import { rfc3339OfSeconds } from '../../formats/time.ts'

/** Names of counts since 1970, with how many digits of them are behind the point of the seconds. */
export const epochs: Readonly<Record<string, number>> = { unix: 0, unix_ms: 3, unix_us: 6, unix_ns: 9 }

/** RFC 3339 in UTC; undefined for what is no such count. `digits` as in `epochs`. */
export function rfc3339OfEpoch(text: string, digits: number): string | undefined {
  if (digits === 0) return rfc3339OfSeconds(text)
  const [, whole, rest = ''] = /^(\d{1,20})(?:\.(\d+))?$/.exec(text) ?? []
  if (whole === undefined) return undefined
  const padded = whole.padStart(digits + 1, '0')
  return rfc3339OfSeconds(`${padded.slice(0, -digits)}.${padded.slice(-digits)}${rest}`)
}

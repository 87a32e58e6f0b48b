/** What a text says of a moment: digits as they stand there. */
export interface CivilTime {
  readonly year?: number
  /** 1 to 12. */
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  /** Digits behind the point. */
  readonly fraction?: string
  /** Minutes east of UTC. */
  readonly offset?: number
}

const pad = (value: number, length = 2): string => String(value).padStart(length, '0')

/** RFC 3339; undefined where there is no such moment. */
export function rfc3339Of(time: CivilTime & { readonly year: number; readonly offset: number }): string | undefined {
  const { year, month, day, hour, minute, second, fraction = '', offset } = time
  if (month < 1 || month > 12 || day < 1 || day > daysOf(year, month) || year > 9999) return undefined
  if (hour > 23 || minute > 59 || second > 60 || Math.abs(offset) >= 24 * 60) return undefined
  const clock = `${pad(hour)}:${pad(minute)}:${pad(second)}${fraction === '' ? '' : `.${fraction}`}`
  return `${pad(year, 4)}-${pad(month)}-${pad(day)}T${clock}${zoneText(offset)}`
}

/** As if it were of UTC: ms since 1970. */
export const asUtc = ({ year, month, day, hour, minute, second }: CivilTime & { readonly year: number }): number =>
  Date.UTC(year, month - 1, day, hour, minute, second)

const daysOf = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate()

function zoneText(offset: number): string {
  const minutes = Math.abs(offset)
  return offset === 0 ? 'Z' : `${offset < 0 ? '-' : '+'}${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`
}

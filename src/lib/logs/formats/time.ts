/** Characters of `17/May/2015:10:05:03 +0000`. */
export const localTimeLength = 26

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** The time of nginx's `$time_local` and Apache's `%t` as RFC 3339 with its own zone; undefined for what is no such moment. */
export function rfc3339OfLocal(text: string): string | undefined {
  const [, day, name = '', year, time, sign, hours, minutes] =
    /^(\d\d)\/(\w{3})\/(\d{4}):(\d\d:\d\d:\d\d) ([+-])(\d\d)(\d\d)$/.exec(text) ?? []
  const month = String(months.indexOf(name) + 1).padStart(2, '0')
  const iso = `${year}-${month}-${day}T${time}${sign}${hours}:${minutes}`
  return isRfc3339(iso) ? iso : undefined
}

/** A moment of RFC 3339 as it stands there, in capitals. A leap second is one. */
export function isRfc3339(text: string): boolean {
  const found = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:Z|[+-](\d\d):(\d\d))$/.exec(text)
  if (!found) return false
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, zoneHour = 0, zoneMinute = 0] = found
    .slice(1)
    .map(digits => Number(digits ?? 0))
  if (month < 1 || month > 12 || day < 1 || day > daysOf(year, month)) return false
  return hour <= 23 && minute <= 59 && second <= 60 && zoneHour <= 23 && zoneMinute <= 59
}

const daysOf = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate()

/** A moment as RFC 3339 in UTC, from a decimal number of seconds since the epoch; undefined where that is none. At most nanoseconds are kept. */
export function rfc3339OfSeconds(text: string): string | undefined {
  const [, whole, fraction = ''] = /^(\d{1,11})(?:\.(\d+))?$/.exec(text) ?? []
  if (whole === undefined) return undefined
  const moment = new Date(Number(whole) * 1000).toISOString().slice(0, 19)
  return `${moment}${fraction === '' ? '' : `.${fraction.slice(0, 9)}`}Z`
}

/** A zone of the world, or a fixed offset from UTC. */
export interface Zone {
  /** Minutes east of UTC at a time of its own clocks, given as if it were of UTC: the earlier one where clocks were set back, that before where they were set on. */
  offsetAt(localMs: number): number
}

const dayMs = 24 * 60 * 60 * 1000

/** `UTC`, `+02:00`, or a name of the IANA data base. Undefined where there is no such zone. */
export function zoneOf(text: string): Zone | undefined {
  if (/^(?:UTC|GMT|Z)$/i.test(text)) return { offsetAt: () => 0 }
  const [, sign, hours = '', minutes = ''] = /^([+-])(\d\d):?(\d\d)$/.exec(text) ?? []
  if (sign !== undefined) {
    const offset = (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes))
    return Number(hours) < 24 && Number(minutes) < 60 ? { offsetAt: () => offset } : undefined
  }
  try {
    return new NamedZone(new Intl.DateTimeFormat('en-US', { ...parts, timeZone: text }))
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

const parts = {
  year: 'numeric',
  month: 'numeric',
  day: 'numeric',
  hour: 'numeric',
  minute: 'numeric',
  second: 'numeric',
  hourCycle: 'h23',
} as const satisfies Intl.DateTimeFormatOptions

const quarterMs = 15 * 60 * 1000
const maxRemembered = 1000

class NamedZone implements Zone {
  readonly #format: Intl.DateTimeFormat
  /** By quarters of an hour: no zone changes within one. */
  readonly #known = new Map<number, number>()

  constructor(format: Intl.DateTimeFormat) {
    this.#format = format
  }

  offsetAt(localMs: number): number {
    const quarter = Math.floor(localMs / quarterMs)
    const known = this.#known.get(quarter)
    if (known !== undefined) return known
    const local = quarter * quarterMs
    const before = this.#offsetOf(local - dayMs)
    const offset = [before, this.#offsetOf(local + dayMs)]
      .sort((a, b) => b - a)
      .find(each => this.#offsetOf(local - each * 60_000) === each)
    if (this.#known.size >= maxRemembered) this.#known.clear()
    this.#known.set(quarter, offset ?? before)
    return offset ?? before
  }

  #offsetOf(ms: number): number {
    const found = Object.fromEntries(this.#format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]))
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = found
    return Math.round((Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(ms / 1000) * 1000) / 60_000)
  }
}

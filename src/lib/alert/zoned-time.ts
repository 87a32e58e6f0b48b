/** A moment as the clocks on the walls of a zone show it. */
export interface ZonedTime {
  /** From 1. */
  readonly month: number
  readonly day: number
  /** 0 is Sunday. */
  readonly weekday: number
  readonly hour: number
  readonly minute: number
}

export const weekdays: readonly string[] = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

/** Reads moments (milliseconds since 1970) in a zone of the IANA database. @throws RangeError when there is no such zone */
export function zonedClock(zone: string): (now: number) => ZonedTime {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    month: 'numeric',
    day: 'numeric',
    weekday: 'short',
    hour: 'numeric',
    minute: 'numeric',
  })
  return now => {
    const parts = new Map(format.formatToParts(now).map(({ type, value }) => [type, value]))
    const number = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.get(type))
    const weekday = weekdays.indexOf(parts.get('weekday')?.toLowerCase() ?? '')
    return { month: number('month'), day: number('day'), weekday, hour: number('hour'), minute: number('minute') }
  }
}

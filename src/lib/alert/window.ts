import type { Cron } from './cron.ts'
import type { Window } from './mute.ts'
import { zonedClock } from './zoned-time.ts'

const minuteMs = 60_000

/** From one moment to another, the second not included. */
export const betweenMoments =
  ({ from, to }: { readonly from: number; readonly to: number }): Window =>
  now =>
    now >= from && now < to

interface Daily {
  /** Days on which it begins, 0 is Sunday. */
  readonly days: ReadonlySet<number>
  /** Minutes since midnight; an end that is not after the begin is one of the next day. */
  readonly from: number
  readonly to: number
  readonly zone: string
}

/** Between two times of day, by the clocks of a zone: also on days on which these are set. */
export function daily({ days, from, to, zone }: Daily): Window {
  const read = zonedClock(zone)
  return now => {
    const { weekday, hour, minute } = read(now)
    const at = hour * 60 + minute
    if (from < to) return days.has(weekday) && at >= from && at < to
    return (days.has(weekday) && at >= from) || (days.has((weekday + 6) % 7) && at < to)
  }
}

interface AfterCron {
  readonly cron: Cron
  readonly forMs: number
  readonly zone: string
}

/** So long after each moment that a cron expression names. */
export function afterCron({ cron, forMs, zone }: AfterCron): Window {
  const read = zonedClock(zone)
  let looked = { minute: Number.NaN, began: Number.NEGATIVE_INFINITY }
  return now => {
    const minute = Math.floor(now / minuteMs)
    if (looked.minute !== minute) looked = { minute, began: lastBegin(minute) }
    return now < looked.began + forMs
  }

  /** Milliseconds since 1970; -Infinity when it did not begin within the time that it lasts. */
  function lastBegin(minute: number): number {
    for (let back = 0; back * minuteMs <= forMs; back++) {
      const at = (minute - back) * minuteMs
      if (cron(read(at))) return at
    }
    return Number.NEGATIVE_INFINITY
  }
}

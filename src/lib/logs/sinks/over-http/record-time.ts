import type { Json } from '../../../core/json.ts'

const perMs = 1_000_000n

/** Nanoseconds since 1970 of a time in RFC 3339, as exact as it is written; undefined for anything else. */
export function nanosOf(time: Json | undefined): bigint | undefined {
  if (typeof time !== 'string') return undefined
  const [, seconds, fraction = '', zone] =
    /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:[.,](\d{1,9})\d*)?(Z|[+-]\d\d:\d\d)$/i.exec(time) ?? []
  if (seconds === undefined) return undefined
  const ms = Date.parse(`${seconds}${zone}`)
  return Number.isNaN(ms) ? undefined : BigInt(ms) * perMs + BigInt(fraction.padEnd(9, '0'))
}

/** Each record's own time, of the one before where it has none, and `now` (milliseconds) where there is none before. */
export class RecordTimes {
  #last: bigint

  constructor(now: number) {
    this.#last = BigInt(now) * perMs
  }

  of(time: Json | undefined): bigint {
    this.#last = nanosOf(time) ?? this.#last
    return this.#last
  }
}

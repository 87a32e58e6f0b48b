const moment = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/

/** Nanoseconds since 1970 of a moment of RFC 3339; undefined for what is none, and before 1970. */
export function nanosOf(text: string): bigint | undefined {
  const [, seconds, fraction = '', zone] = moment.exec(text) ?? []
  const ms = Date.parse(`${seconds}${zone}`)
  if (seconds === undefined || Number.isNaN(ms) || ms < 0) return undefined
  return BigInt(ms) * 1_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, '0'))
}

/** In UTC, with as many digits of milliseconds, microseconds or nanoseconds as are needed. */
export function timeOfNanos(nanos: bigint): string {
  const seconds = new Date(Number(nanos / 1_000_000_000n) * 1000).toISOString().slice(0, 19)
  const digits = String(nanos % 1_000_000_000n).padStart(9, '0')
  const fraction = digits.replace(/^0{9}$|(?:000){1,2}$/, '')
  return `${seconds}${fraction === '' ? '' : `.${fraction}`}Z`
}

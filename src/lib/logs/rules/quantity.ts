import { formatDuration } from '../../core/duration.ts'
import { formatSize, parseSize } from '../../core/size.ts'
import type { FieldNames, RecordLine } from './line/record-line.ts'
import { RuleFault } from './rule-fault.ts'

/** A figure that fields are compared with: seconds of a time, bytes of a size, or as it is. */
export interface Quantity {
  readonly value: number
  readonly unit: 'none' | 'time' | 'size'
}

const timeUnits: Readonly<Record<string, number>> = {
  ns: 1e-9,
  us: 1e-6,
  µs: 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  min: 60,
  h: 3600,
  d: 86_400,
}

/** `2 s`, `250ms`, `10 MB`, `500`. @throws RuleFault */
export function parseQuantity(text: string): Quantity {
  const [, digits, unit = ''] = /^(-?\d+(?:\.\d+)?)\s*([A-Za-zµ]*)$/.exec(text.trim()) ?? []
  if (digits === undefined) throw new RuleFault(`'${text}' is no number`, 'write 500, 2 s, 250 ms or 10 MB')
  if (unit === '') return { value: Number(digits), unit: 'none' }
  const factor = timeUnits[unit]
  if (factor !== undefined) return { value: Number(digits) * factor, unit: 'time' }
  try {
    return { value: parseSize(`${digits}${unit}`), unit: 'size' }
  } catch {
    throw new RuleFault(
      `'${text}' has the unknown unit '${unit}'`,
      `there are ${Object.keys(timeUnits).join(', ')}, and KB, MB, GB`,
    )
  }
}

export function quantityText({ value, unit }: Quantity): string {
  if (unit === 'time') return value > 0 && value < 0.01 ? `${figure(value * 1000)}ms` : formatDuration(value * 1000)
  return unit === 'size' ? formatSize(Math.round(value)) : figure(value)
}

/** At most four digits behind the point: `14.2`, `0.0012`. */
export const figure = (value: number): string => (Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4))))

/** `14.2 %` of a share from 0 to 1. */
export const percent = (share: number): string => `${(100 * share).toFixed(1).replace(/\.0$/, '')} %`

/** Fields of which the first that a record has is meant where somebody says `latency`. */
const latencies = [
  'latency',
  'request_time',
  'request_time_ms',
  'request_time_us',
  'latency_ms',
  'duration_ms',
  'duration',
  'took',
]

/** Reads a numeric field of a line; NaN where there is none. */
export type NumberOf = (line: RecordLine) => number

/** How a field is compared with a quantity. A field of times is of seconds, but for names that end in `_ms`, `_us` or `_ns`. */
export function numberField(name: string, unit: Quantity['unit'], fields: FieldNames): NumberOf {
  const meant = name === 'latency' ? latencies : [name]
  const known = meant.map(each => ({ field: fields.of(each), factor: unit === 'time' ? secondsOf(each) : 1 }))
  const [first] = known
  if (known.length === 1 && first?.factor === 1) return line => line.number(first.field)
  return line => {
    for (const { field, factor } of known) if (line.start(field) >= 0) return line.number(field) * factor
    return Number.NaN
  }
}

const secondsOf = (name: string): number => {
  const suffix = /_(ms|us|ns)$/.exec(name)?.[1]
  return suffix === undefined ? 1 : (timeUnits[suffix] ?? 1)
}

/** A metric with all that it has to tell, before it is text. */
export interface Family {
  /** Of counters without `_total`, of all with the unit at the end: `opsctl_check_duration_seconds`. */
  readonly name: string
  readonly help: string
  readonly type: 'gauge' | 'counter' | 'histogram'
  readonly samples: readonly Sample[]
}

export interface Sample {
  /** As they stand between the braces: see `labelText`. */
  readonly labels: string
  readonly value: number | Distribution
}

/** Of a histogram. Counts are of each bucket alone, the last beyond all bounds. */
export interface Distribution {
  /** Upper bounds, rising. */
  readonly bounds: readonly number[]
  readonly counts: readonly number[]
  readonly sum: number
}

/** `check="shop",host="web1"`. */
export function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${safeName(name)}="${escaped(value)}"`)
  return pairs.join(',')
}

/** A name that Prometheus takes, for a label or the end of a metric. */
export const safeName = (name: string): string => name.replace(/^(?=\d)|[^A-Za-z0-9_]/g, '_')

const escaped = (value: string): string =>
  /[\\"\n]/.test(value) ? value.replace(/[\\"\n]/g, found => (found === '\n' ? '\\n' : `\\${found}`)) : value

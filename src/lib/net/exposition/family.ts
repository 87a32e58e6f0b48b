/** A metric with all that it has to tell, before it is text. */
export interface Family {
  /** Of counters without `_total`, of all with the unit at the end: `opsctl_check_duration_seconds`. */
  readonly name: string
  readonly help: string
  readonly type: 'gauge' | 'counter' | 'histogram'
  readonly samples: readonly Sample[]
  /** Further samples, as whole lines in UTF-8: of what has very many. Made as they are asked for; a piece is written over after the next. */
  readonly written?: Iterable<Uint8Array>
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

export const gauge = (name: string, help: string, samples: readonly Sample[]): Family => ({ name, help, type: 'gauge', samples })
export const counter = (name: string, help: string, samples: readonly Sample[]): Family => ({
  name,
  help,
  type: 'counter',
  samples,
})

/** The one sample of a metric without labels. */
export const one = (value: number): Sample[] => [{ labels: '', value }]

/** `check="shop",host="web1"`. Of names that Prometheus can not tell apart the last one counts. */
export function labelText(labels: Readonly<Record<string, string>>): string {
  const values = new Map<string, string>()
  for (const name in labels) values.set(safeLabel(name), labels[name] ?? '')
  const pairs: string[] = []
  for (const [name, value] of values) pairs.push(`${name}="${escaped(value)}"`)
  return pairs.join(',')
}

/** The end of a name that Prometheus takes for a metric. */
export const safeName = (name: string): string => name.replace(/^(?=\d|$)|[^A-Za-z0-9_]/g, '_')

/** What begins with two underscores is Prometheus' own: `__name__`. */
const safeLabel = (name: string): string => safeName(name).replace(/^_{2,}/, '_')

const escaped = (value: string): string =>
  /[\\"\n]/.test(value) ? value.replace(/[\\"\n]/g, found => (found === '\n' ? '\\n' : `\\${found}`)) : value

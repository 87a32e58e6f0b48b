import { type Family, labelText, type Sample } from '../../../net/exposition/family.ts'
import { type MetricName, metricHelp } from './metric-help.ts'

type Labels = Readonly<Record<string, string>>

/** The figures of one probe. */
export class Gauges {
  /** By name and labels. */
  readonly #values = new Map<MetricName, Map<string, number>>()

  set(name: MetricName, value: number, labels: Labels = {}): void {
    const series = this.#values.get(name) ?? new Map<string, number>()
    this.#values.set(name, series.set(labelText(labels), value))
  }

  /** Begins at 0. */
  add(name: MetricName, value: number, labels: Labels = {}): void {
    this.set(name, (this.#values.get(name)?.get(labelText(labels)) ?? 0) + value, labels)
  }

  /** In the order of their names and labels, as clients of Prometheus write them. */
  families(): Family[] {
    return inOrder(this.#values).map(([name, series]) => ({
      name,
      help: metricHelp[name],
      type: 'gauge',
      samples: inOrder(series).map(([labels, value]): Sample => ({ labels, value })),
    }))
  }
}

const inOrder = <K extends string, V>(values: ReadonlyMap<K, V>): (readonly [K, V])[] =>
  [...values].sort(([a], [b]) => (a < b ? -1 : 1))

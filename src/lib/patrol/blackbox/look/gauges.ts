import type { Family, Labels, Sample } from '../family.ts'
import { type MetricName, metricHelp } from './metric-help.ts'

/** The figures of one probe. */
export class Gauges {
  readonly #samples = new Map<MetricName, Map<string, Sample>>()

  set(name: MetricName, value: number, labels: Labels = {}): void {
    const series = this.#samples.get(name) ?? new Map<string, Sample>()
    this.#samples.set(name, series.set(JSON.stringify(labels), [labels, value]))
  }

  /** Begins at 0. */
  add(name: MetricName, value: number, labels: Labels = {}): void {
    const before = this.#samples.get(name)?.get(JSON.stringify(labels))?.[1] ?? 0
    this.set(name, before + value, labels)
  }

  /** In the order of their names and labels, as clients of Prometheus write them. */
  families(): Family[] {
    return [...this.#samples]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, series]) => ({ name, help: metricHelp[name], type: 'gauge', samples: inOrder([...series]) }))
  }
}

const inOrder = (series: readonly (readonly [string, Sample])[]): Sample[] =>
  series.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, sample]) => sample)

import type { Distribution } from './family.ts'

/** Seconds: from a fast answer of a neighbour to a time-out. */
export const secondsBounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] as const

/** Counts how often values fall below each bound. */
export class Histogram implements Distribution {
  readonly bounds: readonly number[]
  readonly counts: number[]
  sum = 0

  constructor(bounds: readonly number[] = secondsBounds) {
    this.bounds = bounds
    this.counts = new Array(bounds.length + 1).fill(0)
  }

  add(value: number): void {
    const index = this.bounds.findIndex(bound => value <= bound)
    const at = index === -1 ? this.bounds.length : index
    this.counts[at] = (this.counts[at] ?? 0) + 1
    this.sum += value
  }
}

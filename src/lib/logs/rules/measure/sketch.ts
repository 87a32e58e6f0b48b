/** A bucket is so much wider than the one before: its middle is at most 1 % away from everything in it. */
const growth = 1.02
const logGrowth = Math.log(growth)
const leastValue = 1e-9

/**
 * How often values came, in buckets that grow: any percentile of positive values to within 1 % of the value at that rank, in at most 2,500
 * buckets from a nanosecond to 30,000 years. What is not positive counts as nothing. After DDSketch (https://arxiv.org/abs/1908.10693).
 */
export class Sketch {
  readonly #buckets = new Map<number, number>()
  #zeros = 0
  count = 0

  add(value: number): void {
    this.count++
    if (value < leastValue) {
      this.#zeros++
      return
    }
    const bucket = Math.ceil(Math.log(value) / logGrowth)
    this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + 1)
  }

  /** Adds all of another one. */
  merge(other: Sketch): void {
    this.count += other.count
    this.#zeros += other.#zeros
    for (const [bucket, count] of other.#buckets) this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + count)
  }

  /** What is not positive, then each bucket and its count. */
  get parts(): number[] {
    return [this.#zeros, ...[...this.#buckets].flat()]
  }

  static ofParts([zeros = 0, ...buckets]: readonly number[]): Sketch {
    const sketch = new Sketch()
    sketch.#zeros = zeros
    sketch.count = zeros
    for (let at = 0; at + 1 < buckets.length; at += 2) {
      const count = buckets[at + 1] ?? 0
      sketch.#buckets.set(buckets[at] ?? 0, count)
      sketch.count += count
    }
    return sketch
  }

  /** The value at the rank of a percentile, above 0 and at most 100; NaN where there is none. */
  percentile(percent: number): number {
    if (this.count === 0) return Number.NaN
    let left = Math.max(1, Math.ceil((percent / 100) * this.count)) - this.#zeros
    if (left <= 0) return 0
    for (const bucket of [...this.#buckets.keys()].sort((a, b) => a - b)) {
      left -= this.#buckets.get(bucket) ?? 0
      if (left <= 0) return (2 * growth ** bucket) / (growth + 1)
    }
    return Number.NaN
  }
}

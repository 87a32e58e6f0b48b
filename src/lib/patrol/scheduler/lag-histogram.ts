/** Upper bounds, seconds. */
const bounds: readonly number[] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

export interface LagFigures {
  /** Seconds; the last count is of what lies above all of them. */
  readonly bounds: readonly number[]
  /** Of each bucket by itself. */
  readonly counts: readonly number[]
  readonly sumSeconds: number
  readonly count: number
}

/** How late runs began. */
export class LagHistogram {
  readonly #counts = new Array<number>(bounds.length + 1).fill(0)
  #sumSeconds = 0
  #count = 0

  add(ms: number): void {
    const above = bounds.findIndex(bound => ms / 1000 <= bound)
    const bucket = above === -1 ? bounds.length : above
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1
    this.#sumSeconds += ms / 1000
    this.#count++
  }

  figures(): LagFigures {
    return { bounds, counts: [...this.#counts], sumSeconds: this.#sumSeconds, count: this.#count }
  }
}

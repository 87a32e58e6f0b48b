/** Lines that did not fit for the same reason, with the first of them. */
export interface MisfitCount {
  readonly reason: string
  count: number
  /** From 1. */
  readonly firstLine: number
  readonly firstText: string
}

/** More kinds of misfits are counted as one. */
const maxReasons = 50
const maxText = 200

/** What became of the lines of a source: `lines` are records, misfits, blank ones, headings and those that go on. */
export class Tally {
  /** Lines that were read as what they are. */
  records = 0
  blank = 0
  /** Lines that name columns. */
  headings = 0
  /** Records whose time could not be read as one, and was kept as it stands. */
  unreadTimes = 0
  misfits = 0
  /** Lines behind the first of an event. */
  continued = 0
  readonly #reasons = new Map<string, MisfitCount>()

  get lines(): number {
    return this.records + this.misfits + this.blank + this.headings + this.continued
  }

  misfit(reason: string, text: string): void {
    const line = this.lines + 1
    this.misfits++
    const known = this.#reasons.get(reason) ?? (this.#reasons.size >= maxReasons ? this.#reasons.get(others) : undefined)
    if (known) known.count++
    else {
      const key = this.#reasons.size >= maxReasons ? others : reason
      this.#reasons.set(key, { reason: key, count: 1, firstLine: line, firstText: text.slice(0, maxText) })
    }
  }

  /** Most frequent first. */
  get reasons(): readonly MisfitCount[] {
    return [...this.#reasons.values()].sort((a, b) => b.count - a.count)
  }
}

const others = 'other reasons'

import type { Clock } from '../../core/clock.ts'
import type { LedgerCounts, LedgerRow } from '../store/rows.ts'

interface ArrivalsOptions {
  readonly clock: Clock
  /** What is known of the sink by source, now. */
  readonly ledger: () => readonly LedgerRow[]
}

/** Records came up to this one since `at`, the arrival of the first of them. */
interface Mark {
  readonly at: number
  upTo: number
}

const finestMs = 1000
const marksKept = 256

/**
 * When what waits for a sink was read: records are told apart by their number alone, since a lane settles them in their order. Of what
 * was put by before this process began only that is known: it counts from the beginning of the process.
 */
export class Arrivals {
  readonly #options: ArrivalsOptions
  readonly #sources = new Map<string, Marks>()

  constructor(options: ArrivalsOptions) {
    this.#options = options
    const at = options.clock.monotonic()
    for (const row of options.ledger()) {
      const marks = this.#marksOf(row.source, settled(row))
      if (row.spooled > 0) marks.add(row.spooled, at)
    }
  }

  /** To be called for every chunk. */
  came(source: string, records: number): void {
    const marks = this.#marksOf(source, 0)
    marks.add(records, this.#options.clock.monotonic())
    if (!marks.isFull) return
    const row = this.#options.ledger().find(each => each.source === source)
    marks.thin(row ? settled(row) : 0)
  }

  /** For how long the oldest record has waited that was read and is not settled: milliseconds, 0 where nothing waits. */
  oldestMs({ source, ...counts }: Pick<LedgerRow, 'source' | 'delivered' | 'dead' | 'dropped'>): number {
    const at = this.#sources.get(source)?.oldest(settled(counts))
    return at === undefined ? 0 : Math.max(0, this.#options.clock.monotonic() - at)
  }

  #marksOf(source: string, begun: number): Marks {
    const known = this.#sources.get(source)
    if (known) return known
    const made = new Marks(begun)
    this.#sources.set(source, made)
    return made
  }
}

/** Of one source: of every second one, and of fewer where that is too many. */
class Marks {
  #marks: Mark[] = []
  #everyMs = finestMs
  #came: number

  constructor(begun: number) {
    this.#came = begun
  }

  get isFull(): boolean {
    return this.#marks.length > marksKept
  }

  add(records: number, at: number): void {
    if (records === 0) return
    this.#came += records
    const last = this.#marks.at(-1)
    if (last !== undefined && at - last.at < this.#everyMs) last.upTo = this.#came
    else this.#marks.push({ at, upTo: this.#came })
  }

  oldest(done: number): number | undefined {
    this.#forget(done)
    return this.#marks[0]?.at
  }

  /** Leaves half of them at most: the older of two stands for both. */
  thin(done: number): void {
    this.#forget(done)
    if (this.#marks.length <= marksKept / 2) return
    this.#marks = this.#marks.flatMap((mark, index) =>
      index % 2 === 0 ? [{ at: mark.at, upTo: this.#marks[index + 1]?.upTo ?? mark.upTo }] : [],
    )
    this.#everyMs *= 2
  }

  #forget(done: number): void {
    const first = this.#marks.findIndex(({ upTo }) => upTo > done)
    this.#marks = first === -1 ? [] : this.#marks.slice(first)
    if (this.#marks.length === 0) this.#everyMs = finestMs
  }
}

const settled = ({ delivered, dead, dropped }: Pick<LedgerCounts, 'delivered' | 'dead' | 'dropped'>): number =>
  delivered + dead + dropped

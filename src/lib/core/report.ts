import type { Item, Outcome, OutputRef, Reason, Verdict } from './item.ts'
import type { Json } from './json.ts'

/** Targets whose output is the same, as one block: the collated view. */
export interface Block {
  readonly title: string
  readonly hosts: readonly string[]
  readonly outcome: Outcome
  readonly body: readonly OutputRef[]
  /** A unified diff against the largest block, instead of the body. */
  readonly diff?: string
}

export interface Counts {
  readonly total: number
  readonly byOutcome: Readonly<Partial<Record<Outcome, number>>>
  readonly byVerdict: Readonly<Partial<Record<Verdict, number>>>
  readonly byReason: Readonly<Partial<Record<Reason, number>>>
}

/** What came of a whole run: the one shape that every renderer prints and from which the exit code follows. */
export interface Report {
  readonly kind: string
  readonly version: 1
  readonly runId: string
  readonly title: string
  /** RFC 3339, UTC. */
  readonly startedAt: string
  readonly durationMs: number
  readonly counts: Counts
  /** At most `maxItems` of ReportFold; the worst are kept. `omitted` counts the rest. */
  readonly items: readonly Item[]
  readonly omitted: number
  readonly changed: boolean
  /** Of a look at what would be changed that was asked to tell by its exit code (--detailed-exit-code): something would be. */
  readonly pending?: true
  readonly blocks?: readonly Block[]
  readonly data?: Readonly<Record<string, Json>>
  /** What happened when, in the order in which it began: for reports that people look at. At most `maxSpans`. */
  readonly timeline?: readonly Span[]
  /** Spans that happened but are not in `timeline`; absent for none. */
  readonly omittedSpans?: number
  /** Set when the run was cut short: its exit code takes part in the precedence. */
  readonly stopped?: { readonly exit: number; readonly message: string }
}

/** More are not kept in a report. */
export const maxSpans = 20_000

/** A bar of a timeline. Unlike items, which tell how things ended, nothing that happened is replaced by what came later. */
export interface Span {
  /** Rows of one group stand together: a wave, a phase. */
  readonly group: string
  /** One row each: a host. */
  readonly row: string
  readonly name: string
  /** RFC 3339, UTC. */
  readonly startedAt: string
  readonly durationMs: number
  readonly outcome?: Outcome
  readonly verdict?: Verdict
  readonly message?: string
}

/** A text made for its own sake: a completion script, an explanation. `data` is the same for machine formats. */
export interface Document {
  readonly mime: string
  readonly text: string
  readonly data: Json
  /** Some of the targets that it was to tell of told nothing: the exit code is 3. */
  readonly incomplete?: true
  /** The same for formats that show items and no text, html among them. What it tells is looked at, not judged: the exit code is 0. */
  readonly report?: Report
}

/** Bytes with back-pressure, written to stdout by core. */
export interface ByteStream {
  /** Each piece is written before the next one is asked for. No more are asked for when stdout can not be written. */
  readonly bytes: AsyncIterable<Uint8Array>
  /** What came of it, asked when the bytes have ended: the exit code follows from it, and -o FORMAT=FILE writes it. */
  readonly report?: () => Report
}

export type Result = Report | Document | ByteStream

export const isReport = (result: Result): result is Report => 'items' in result
export const isStream = (result: Result): result is ByteStream => 'bytes' in result
export const isDocument = (result: Result): result is Document => 'mime' in result

/**
 * Folds a stream of items into a Report with bounded state: counts of everything, and at most `maxItems` items, of which the
 * unremarkable ones give way to the remarkable. Items keep the order of `order` (host names), else of arrival.
 */
export class ReportFold {
  readonly #maxItems: number
  readonly #items: Item[] = []
  readonly #outcomes: Partial<Record<Outcome, number>> = {}
  readonly #verdicts: Partial<Record<Verdict, number>> = {}
  readonly #reasons: Partial<Record<Reason, number>> = {}
  #total = 0
  #dropped = 0

  constructor(maxItems = 100_000) {
    this.#maxItems = maxItems
  }

  add(item: Item): void {
    this.#total++
    if (item.outcome) this.#outcomes[item.outcome] = (this.#outcomes[item.outcome] ?? 0) + 1
    if (item.verdict) this.#verdicts[item.verdict] = (this.#verdicts[item.verdict] ?? 0) + 1
    if (item.reason) this.#reasons[item.reason] = (this.#reasons[item.reason] ?? 0) + 1
    this.#items.push(item)
    if (this.#items.length > this.#maxItems) this.#dropOne()
  }

  get counts(): Counts {
    return { total: this.#total, byOutcome: this.#outcomes, byVerdict: this.#verdicts, byReason: this.#reasons }
  }

  /** The items that are kept, by the position of their host in `order`, then by arrival. */
  items(order: readonly string[] = []): Item[] {
    const position = new Map(order.map((host, index) => [host, index]))
    const rank = (item: Item): number => position.get(item.host ?? '') ?? order.length
    return [...this.#items].sort((a, b) => rank(a) - rank(b))
  }

  get omitted(): number {
    return this.#dropped
  }

  #dropOne(): void {
    const dull = this.#items.findIndex(isUnremarkable)
    this.#items.splice(dull === -1 ? 0 : dull, 1)
    this.#dropped++
  }
}

function isUnremarkable(item: Item): boolean {
  return item.reason === undefined && item.outcome !== 'failed' && item.outcome !== 'stuck' && item.verdict !== 'fail'
}

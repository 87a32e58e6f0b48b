import { type Clock, sleep } from '../../core/clock.ts'
import type { History } from '../history/history.ts'
import { type HourCount, hourCounts } from '../history/read-history.ts'

export type Span = '48h' | '30d'

/** A span as it is shown: so many slots of so many hours, the last of them under way. */
export const spans = {
  '48h': { slots: 48, hours: 1, words: '48 hours', slot: 'hour' },
  '30d': { slots: 30, hours: 24, words: '30 days', slot: 'day' },
} as const satisfies Record<Span, object>

/** What the looks of a slot came to. */
export type Slot = Omit<HourCount, 'hour'>

/** The slots of a check, the oldest first. */
export interface Bars {
  /** When the first slot began, milliseconds since 1970. */
  readonly from: number
  readonly span: Span
  readonly slots: readonly Slot[]
}

const hourMs = 3_600_000
const none: Slot = { looks: 0, warned: 0, bad: 0 }

/** Rows that are read at once, so that looks need not wait. */
const rowsAtOnce = 12_000
/** The slot under way is read so often at most, milliseconds. */
const freshMs = 10_000

interface Kept {
  readonly readAt: number
  readonly slots: readonly Slot[]
}

/** What is known of a span, as long as its slots stay the same. */
interface Era {
  readonly from: number
  readonly slots: Map<string, Kept>
}

/** How well checks were over time: read of many at once, and of what is over only once. */
export class Uptime {
  readonly #history: History
  readonly #clock: Clock
  readonly #eras = new Map<Span, Era>()

  constructor(history: History, clock: Clock) {
    this.#history = history
    this.#clock = clock
  }

  /** The bars of these checks. */
  async of(span: Span, ids: readonly string[]): Promise<(id: string) => Bars> {
    const { slots: count, hours } = spans[span]
    const slotMs = hours * hourMs
    const now = this.#clock.now()
    const from = (Math.floor(now / slotMs) - count + 1) * slotMs
    const before = this.#eras.get(span)
    const era = before?.from === from ? before : { from, slots: new Map<string, Kept>() }
    this.#eras.set(span, era)
    const strange = ids.filter(id => !era.slots.has(id))
    const old = ids.filter(id => Math.abs(now - (era.slots.get(id)?.readAt ?? now)) >= freshMs)
    await this.#read(era, strange, { since: from, slotMs, count })
    await this.#read(era, old, { since: from + (count - 1) * slotMs, slotMs, count: 1 })
    const empty = Array.from({ length: count }, () => none)
    return id => ({ from, span, slots: era.slots.get(id)?.slots ?? empty })
  }

  /** Reads the last slots of some checks; those before them are known. */
  async #read({ slots }: Era, ids: readonly string[], grid: Grid): Promise<void> {
    const step = Math.max(1, Math.floor((rowsAtOnce * hourMs) / (grid.count * grid.slotMs)))
    for (let at = 0; at < ids.length; at += step) {
      if (at > 0) await sleep(this.#clock, 0)
      const some = ids.slice(at, at + step)
      const counts = hourCounts(this.#history, some, grid.since)
      const readAt = this.#clock.now()
      for (const id of some) {
        const known = slots.get(id)?.slots.slice(0, -grid.count) ?? []
        slots.set(id, { readAt, slots: [...known, ...gathered(counts.get(id) ?? [], grid)] })
      }
    }
  }
}

interface Grid {
  readonly since: number
  readonly slotMs: number
  readonly count: number
}

function gathered(hours: readonly HourCount[], { since, slotMs, count }: Grid): Slot[] {
  const slots = Array.from({ length: count }, () => none)
  for (const { hour, looks, warned, bad } of hours) {
    const at = Math.floor((hour * hourMs - since) / slotMs)
    const slot = slots[at]
    // A clock that was set back leaves hours that have yet to come.
    if (slot) slots[at] = { looks: slot.looks + looks, warned: slot.warned + warned, bad: slot.bad + bad }
  }
  return slots
}

/** The share of looks that were not bad, in words that say 100 % of nothing less: `99.98 %`. */
export function uptimeText(slots: readonly Slot[]): string {
  const looks = slots.reduce((sum, slot) => sum + slot.looks, 0)
  const bad = slots.reduce((sum, slot) => sum + slot.bad, 0)
  if (looks === 0) return 'no looks'
  if (bad === 0) return '100 %'
  const share = (100 * (looks - bad)) / looks
  const digits = share >= 99.9 ? 2 : share >= 90 ? 1 : 0
  return `${(Math.floor(share * 10 ** digits) / 10 ** digits).toFixed(digits)} %`
}

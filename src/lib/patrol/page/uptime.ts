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
  readonly from: number
  readonly readAt: number
  readonly slots: ReadonlyMap<string, readonly Slot[]>
}

/** How well checks were over time: read in large pieces, and of what is over only once. */
export class Uptime {
  readonly #history: History
  readonly #clock: Clock
  readonly #kept = new Map<Span, Kept>()
  #last: Promise<unknown> = Promise.resolve()

  constructor(history: History, clock: Clock) {
    this.#history = history
    this.#clock = clock
  }

  /** The bars of these checks. */
  async of(span: Span, ids: readonly string[]): Promise<(id: string) => Bars> {
    // One reader at a time: the next finds what the one before has read.
    const reading = this.#last.then(() => this.#read(span, ids))
    this.#last = reading.catch(() => undefined)
    const { from, slots } = await reading
    const empty = Array.from({ length: spans[span].slots }, () => none)
    return id => ({ from, span, slots: slots.get(id) ?? empty })
  }

  async #read(span: Span, ids: readonly string[]): Promise<Kept> {
    const now = this.#clock.now()
    const { slots: count, hours } = spans[span]
    const { from, slotMs } = gridOf(span, now)
    const before = this.#kept.get(span)
    const isKnown = before !== undefined && before.from === from && ids.every(id => before.slots.has(id))
    if (isKnown && Math.abs(now - before.readAt) < freshMs) return before
    const since = isKnown ? from + (count - 1) * slotMs : from
    const slots = new Map<string, readonly Slot[]>()
    const step = Math.max(1, Math.floor(rowsAtOnce / (isKnown ? hours : count * hours)))
    for (let at = 0; at < ids.length; at += step) {
      if (at > 0) await sleep(this.#clock, 0)
      const some = ids.slice(at, at + step)
      const counted = hourCounts(this.#history, some, since)
      for (const id of some) {
        const old = isKnown ? (before.slots.get(id) ?? []).slice(0, -1) : []
        slots.set(id, [...old, ...gathered(counted.get(id) ?? [], { since, slotMs, count: count - old.length })])
      }
    }
    const kept = { from, readAt: now, slots }
    this.#kept.set(span, kept)
    return kept
  }
}

/** The bars of one check, as it is now. */
export function barsOf(history: History, id: string, { span, now }: { readonly span: Span; readonly now: number }): Bars {
  const { from, slotMs } = gridOf(span, now)
  const hours = hourCounts(history, [id], from).get(id) ?? []
  return { from, span, slots: gathered(hours, { since: from, slotMs, count: spans[span].slots }) }
}

/** The slot of now is the last one. */
function gridOf(span: Span, now: number): { readonly from: number; readonly slotMs: number } {
  const { slots, hours } = spans[span]
  const slotMs = hours * hourMs
  return { from: (Math.floor(now / slotMs) - slots + 1) * slotMs, slotMs }
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

import { type Item, outcomes, verdicts } from '../core/item.ts'
import type { Counts, Report } from '../core/report.ts'
import { ofOutcome, ofVerdict, type Standing, standingOf } from './standing.ts'

export type Tally = Readonly<Record<Standing, number>>

/** How many items stand how: counted one by one where all are listed, else from the counts. */
export function tallyOf({ items, omitted, counts }: Report): Tally {
  return omitted === 0 ? ofItems(items) : ofCounts(counts)
}

function ofItems(items: readonly Item[]): Tally {
  const tally = nothing()
  for (const item of items) tally[standingOf(item)]++
  return tally
}

/** What was skipped for a reason should have run, so it is unknown. */
function ofCounts({ byOutcome, byVerdict, byReason }: Counts): Tally {
  const tally = nothing()
  for (const outcome of outcomes) tally[ofOutcome[outcome]] += byOutcome[outcome] ?? 0
  for (const verdict of verdicts) tally[ofVerdict[verdict]] += byVerdict[verdict] ?? 0
  const withheld = Math.min(tally.skipped, (byReason['max-fail'] ?? 0) + (byReason.deadline ?? 0) + (byReason.cancelled ?? 0))
  return { ...tally, skipped: tally.skipped - withheld, unknown: tally.unknown + withheld }
}

const nothing = (): Record<Standing, number> => ({ good: 0, warn: 0, bad: 0, unknown: 0, skipped: 0 })

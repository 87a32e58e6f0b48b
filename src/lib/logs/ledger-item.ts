import type { Item } from '../core/item.ts'
import { amount } from './amount.ts'
import type { LedgerRow } from './store/rows.ts'

interface LedgerLook {
  readonly gaps: { readonly count: number; readonly bytes: number }
  /** How it stood when the run began; absent where there was nothing yet. */
  readonly before: LedgerRow | undefined
  /** It ended although not everything that was read is delivered. */
  readonly isUnfinished: boolean
  /** Of the run that asks, RFC 3339. */
  readonly startedAt: string
  readonly durationMs: number
}

/** What became of the records of a source for a sink. */
export function ledgerItem(
  { source, sink, lines, bytes, records, delivered, dead, spooled, dropped }: LedgerRow,
  { gaps, before, isUnfinished, startedAt, durationMs }: LedgerLook,
): Item {
  const died = dead - (before?.dead ?? 0)
  const rest = [
    before !== undefined && `${delivered - before.delivered} in this run`,
    spooled > 0 && `${spooled} put by`,
    dead > 0 && `${dead} dead`,
    dropped > 0 && `${dropped} dropped`,
    gaps.count > 0 && `${amount(gaps.count, 'gap')} of ${gaps.bytes} bytes`,
    isUnfinished && 'not all that was read is delivered',
  ].flatMap(text => (text === false ? [] : `, ${text}`))
  return {
    path: `${source} > ${sink}`,
    name: `${source} > ${sink}`,
    ...(died > 0 || isUnfinished ? { outcome: 'failed', reason: 'error' } : { outcome: 'ok' }),
    startedAt,
    durationMs,
    message: `${amount(lines, 'line')}, ${amount(records, 'record')}: ${delivered} delivered${rest.join('')}`,
    metrics: { lines, bytes, records, delivered, dead, spooled, dropped, gaps: gaps.count, gap_bytes: gaps.bytes },
  }
}

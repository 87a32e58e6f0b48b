import type { Item } from '../core/item.ts'
import type { LedgerRow } from './store/store.ts'

interface LedgerLook {
  readonly gaps: { readonly count: number; readonly bytes: number }
  /** Records that died during the run. */
  readonly died: number
  /** It ended although not everything that was read is delivered. */
  readonly isUnfinished: boolean
  /** Of the run that asks, RFC 3339. */
  readonly startedAt: string
  readonly durationMs: number
}

/** What became of the records of a source for a sink. */
export function ledgerItem(
  { source, sink, lines, bytes, records, delivered, dead, spooled, dropped }: LedgerRow,
  { gaps, died, isUnfinished, startedAt, durationMs }: LedgerLook,
): Item {
  const rest = [
    spooled > 0 && `${spooled} put by`,
    dead > 0 && `${dead} dead`,
    dropped > 0 && `${dropped} dropped`,
    gaps.count > 0 && `${gaps.count} gaps of ${gaps.bytes} bytes`,
    isUnfinished && 'not all that was read is delivered',
  ].flatMap(text => (text === false ? [] : `, ${text}`))
  return {
    path: `${source} > ${sink}`,
    name: `${source} > ${sink}`,
    ...(died > 0 || isUnfinished ? { outcome: 'failed', reason: 'error' } : { outcome: 'ok' }),
    startedAt,
    durationMs,
    message: `${lines} lines, ${records} records: ${delivered} delivered${rest.join('')}`,
    metrics: { lines, bytes, records, delivered, dead, spooled, dropped, gaps: gaps.count, gap_bytes: gaps.bytes },
  }
}

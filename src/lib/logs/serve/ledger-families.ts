import { counter, type Family, gauge, labelText, type Sample } from '../../net/exposition/family.ts'
import type { LedgerRow } from '../store/rows.ts'
import type { SourceLag } from './source-lags.ts'

interface LedgerFigures {
  readonly ledger: readonly LedgerRow[]
  readonly lags: readonly SourceLag[]
  /** For how long the oldest record of a row has waited, milliseconds. */
  readonly waitedMs: (row: LedgerRow) => number
}

/** What became of the records of every source for every sink: as `ship-logs status` has it. */
export function ledgerFamilies({ ledger, lags, waitedMs }: LedgerFigures): Family[] {
  const rows = ledger.map(row => ({ row, labels: labelText({ source: row.source, sink: row.sink }) }))
  const each = (value: (row: LedgerRow) => number): Sample[] => rows.map(({ row, labels }) => ({ labels, value: value(row) }))
  return [
    counter(
      'opsctl_logs_read_lines',
      'Lines that were read for the sink, blank ones and those that filters leave out among them.',
      each(({ lines }) => lines),
    ),
    counter(
      'opsctl_logs_read_bytes',
      'What was read for the sink, in what the source counts by.',
      each(({ bytes }) => bytes),
    ),
    counter(
      'opsctl_logs_records',
      'Records that the sink is to get: those that are delivered, put by, dead and dropped together.',
      each(({ records }) => records),
    ),
    counter(
      'opsctl_logs_delivered_records',
      'Records that the sink acknowledged.',
      each(({ delivered }) => delivered),
    ),
    counter(
      'opsctl_logs_dropped_records',
      'Records that are lost: there was no room, or a disk was damaged.',
      each(({ dropped }) => dropped),
    ),
    gauge(
      'opsctl_logs_dead_records',
      'Records among the dead letters, until they are replayed.',
      each(({ dead }) => dead),
    ),
    gauge(
      'opsctl_logs_spooled_records',
      'Records that are put by on disk until the sink takes them.',
      each(({ spooled }) => spooled),
    ),
    gauge(
      'opsctl_logs_lag_seconds',
      'How long the oldest record has waited that was read and is neither delivered, dead nor dropped.',
      each(row => waitedMs(row) / 1000),
    ),
    gauge(
      'opsctl_logs_lag_bytes',
      'Bytes of files of this machine that are there and not delivered.',
      lags.flatMap(({ source, sink, behindBytes }) =>
        behindBytes === undefined ? [] : [{ labels: labelText({ source, sink }), value: behindBytes }],
      ),
    ),
  ]
}

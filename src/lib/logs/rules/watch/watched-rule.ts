import type { RecordsOrigin } from '../../pipeline/stages.ts'
import type { RecordLine } from '../line/record-line.ts'
import type { Rule } from '../rule.ts'

/** What is known of a chunk of records before they are looked at. */
export interface ChunkLook {
  readonly origin: RecordsOrigin
  /** Of the clock, milliseconds. */
  readonly now: number
}

/** How a group stands. */
export interface GroupStatus {
  readonly group: string
  /** Absent where nothing can be said. */
  readonly value?: number
  readonly hits: number
  readonly base: number
  readonly holds: boolean
}

/** How a rule stands, for status and metrics. Counts are of records since the start. */
export interface RuleStatus {
  readonly rule: string
  readonly kind: Rule['measure']['kind']
  /** That it looked at. */
  readonly seen: number
  /** That fitted what it looks for. */
  readonly fit: number
  /** That came too late after others of their stream, or too far behind other streams, and do not count. */
  readonly late: number
  /** Too old to tell anybody of. */
  readonly replayed: number
  /** Of groups beyond the greatest number. */
  readonly overflow: number
  /** That held, but of which nobody was told, since they were over long ago, or were more than its limit. */
  readonly untold: number
  readonly groups: number
  readonly open: number
  /** The ten that stand worst. */
  readonly standings: readonly GroupStatus[]
}

/** How rules stand. */
export interface RulesStatus {
  /** Records that passed. */
  readonly records: number
  /** Of these without a time that can be read: that of their arrival was taken. */
  readonly timeless: number
  /** Of these with a time that is not yet: that of their arrival was taken. */
  readonly ahead: number
  /** Chunks of records that rules could not look at: opsctl is wrong then. */
  readonly failures: number
  readonly incidents: { readonly open: number; readonly opened: number; readonly resolved: number }
  readonly rules: readonly RuleStatus[]
}

/** A rule at work. */
export interface WatchedRule {
  readonly rule: Rule
  begin(look: ChunkLook): void
  /** @param watermark the newest time of the stream so far, this record included */
  see(line: RecordLine, time: number, watermark: number): void
  /** All records of a chunk were seen. */
  settle(): void
  /** Time goes on without records. */
  tick(now: number): void
  status(): RuleStatus
}

import type { Json } from '../../core/json.ts'

export interface StreamRow {
  readonly id: string
  readonly source: string
  readonly identity: Json
  readonly title: string
  /** Milliseconds since 1970. */
  readonly begunAt: number
  /** Where it ends, once nothing more comes of it. */
  readonly endsAt?: number
  /** What whoever goes on in its middle has to know of its beginning. */
  readonly memory?: Json
}

/** How far a sink is in a stream: see the tables. */
export interface Place {
  readonly safe: number
  readonly token?: Json
  readonly delivered: number
  /** Where each piece of what was being sent ends, ascending. */
  readonly sending?: readonly number[]
}

/** What one range of a stream adds to what is known of it and a sink. */
export interface Advance {
  /** Absent where only the ledger changes. */
  readonly stream?: string
  readonly source: string
  /** Reading goes on here; absent where only what was spooled before is delivered. */
  readonly safe?: number
  readonly token?: Json
  /** All before is delivered. */
  readonly delivered?: number
  /** To be added to the ledger of the source and the sink. */
  readonly counts: Partial<LedgerCounts>
}

/** For each sink and source: `records` = `delivered` + `dead` + `spooled` + `dropped`, at every moment. */
export interface LedgerCounts {
  /** Lines that were read, with blank ones and what filters leave out. */
  readonly lines: number
  /** In what the source counts by. */
  readonly bytes: number
  /** Of the lines, those that this sink is to get. */
  readonly records: number
  readonly delivered: number
  readonly dead: number
  readonly spooled: number
  readonly dropped: number
}

/** What is committed together when a sink acknowledged, or something was put by for it. */
export interface Commit {
  readonly sink: string
  readonly advances: readonly Advance[]
  /** What the sink is opened with next time. */
  readonly state?: Json
  /** The next record of its spool that it wants. */
  readonly spoolNext?: number
  /** Behind the last record of its spool that is counted. */
  readonly spoolEnd?: number
  /** Sequences of dead letters that are no letters any more by what is committed: to be removed, again after a kill. */
  readonly replayed?: readonly number[]
}

export interface GapRow {
  readonly source: string
  readonly stream: string
  readonly title: string
  readonly at: number
  readonly from: number
  readonly bytes?: number
  readonly reason: string
}

export interface LedgerRow extends LedgerCounts {
  readonly source: string
  readonly sink: string
}

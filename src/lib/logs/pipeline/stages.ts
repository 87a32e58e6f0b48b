import type { SecretReference, Shared } from '../../core/check.ts'
import type { Clock } from '../../core/clock.ts'
import type { Log } from '../../core/io.ts'
import type { Records } from '../records.ts'
import type { RulesStatus } from '../rules/watch/watched-rule.ts'

/** Where records come from: what a stage may know besides them. */
export interface RecordsOrigin {
  /** Of the chunk; with the number of a record in the chunk it names that record for ever, so that what is made up for it is made up the same again. */
  readonly id: string
  readonly source: string
  /** The stream as people know it: a path. */
  readonly title: string
  /** When its stream was first seen, the same after every restart: ms since 1970. Times without a year are of the year that is nearest to it. */
  readonly begunAt?: number
}

/** A record that is not to be delivered as it is, and why, in few different words. */
export interface DeadRecord {
  /** Of the stage: `schema`, `parse`. */
  readonly stage: string
  readonly reason: string
  /** The record as it came into the stage: a JSON text. Secrets are masked in it. */
  readonly record: string
}

export interface Shaped {
  readonly records: Records
  /** Left out on purpose: filtered, or not of the sample. */
  readonly filtered: number
  readonly dead: readonly DeadRecord[]
}

/** Changes records before anybody sees them: the same records and origin give the same bytes. */
export interface Shaper {
  shape(records: Records, origin: RecordsOrigin): Shaped
}

/** What the file says of shaping, checked; opened when secrets may be read. */
export interface ShapePlan {
  open(place: { readonly secret: (reference: SecretReference) => Promise<string>; readonly log: Log }): Promise<Shaper>
}

/** Which records a sink gets. Pure. */
export interface RecordFilter {
  readonly text: string
  filter(records: Records): Records
}

/** Watches what passes. It keeps nobody waiting. */
export interface RuleWatch extends AsyncDisposable {
  /** Records in the order of their stream. */
  see(records: Records, origin: RecordsOrigin): void
  /** Fields that it looks at, for who makes records for it alone (see Format.only); absent where it wants whole records. */
  readonly wants: readonly string[] | undefined
  /** A source has nothing more to read at the moment: what did not come until now is missing. */
  idle(source: string): void
  /** Figures for status and metrics. */
  status(): RulesStatus
}

export interface RulePlace {
  readonly clock: Clock
  readonly log: Log
  /** In [0, 1). */
  readonly random: () => number
  /** Of the pipeline: what rules remember is below it. */
  readonly directory: string
  readonly runId: string
  /** Reads a secret of a channel. @throws OpsError E_CONFIG */
  readonly secret: (reference: SecretReference) => Promise<string>
  readonly shared: Shared
}

/** What the file says of rules, checked; nothing is opened. */
export interface RulePlan {
  /** What can have no effect in the file of alerts. */
  readonly warnings: readonly string[]
  /** @throws OpsError E_LOCKED, E_STATE */
  open(place: RulePlace): Promise<RuleWatch>
}

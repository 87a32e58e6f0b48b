import type { AlertSeverity } from '../../core/alert.ts'
import type { Order } from './condition/comparisons.ts'
import type { Condition } from './condition/condition.ts'
import type { Quantity } from './quantity.ts'

/** When a figure is too much, or too little. */
export interface Bound {
  readonly order: Order
  readonly value: number
}

/** So many records that fit within the window. */
export interface Count {
  readonly kind: 'count'
  readonly of: Condition
  readonly bound: Bound
}

/** The share, from 0 to 1, of those that fit. */
export interface Ratio {
  readonly kind: 'ratio'
  readonly of: Condition
  /** Of which records. */
  readonly base: Condition
  readonly bound: Bound
  /** Of fewer records than this nothing is said. */
  readonly least: number
}

export interface Percentile {
  readonly kind: 'percentile'
  readonly field: string
  /** Above 0, at most 100. */
  readonly percent: number
  readonly order: Order
  readonly limit: Quantity
  readonly least: number
}

/** A numeric field of single records: of any, of so many of the last ones, or of a share of those that have the field. */
export interface Threshold {
  readonly kind: 'threshold'
  readonly field: string
  readonly order: Order
  readonly limit: Quantity
  readonly times?: { readonly hits: number; readonly last: number }
  readonly share?: { readonly value: number; readonly least: number }
}

/** Nothing that fits for a time. */
export interface Absence {
  readonly kind: 'absence'
  readonly of: Condition
  readonly afterMs: number
}

/** Each record that fits, but not more than so many in a time. */
export interface EachLine {
  readonly kind: 'lines'
  readonly of: Condition
  readonly limit: number
  readonly perMs: number
}

export type Measure = Count | Ratio | Percentile | Threshold | Absence | EachLine

/** A rule as its file says, checked. Times in milliseconds. */
export interface Rule {
  readonly name: string
  /** What its file says, as JSON: two that say the same are the same rule. */
  readonly definition: string
  readonly measure: Measure
  /** Which records it looks at. */
  readonly where: Condition
  /** Names of sources; absent for all. */
  readonly sources?: readonly string[]
  /** Each set of values of these fields is watched by itself. `source` and `stream` are where records come from. */
  readonly by: readonly string[]
  readonly maxGroups: number
  readonly overMs: number
  /** It must hold for so long before anybody is told. */
  readonly forMs: number
  /** It must not hold for so long before it is over. */
  readonly resolveAfterMs: number
  /** Records that come so much later than others of their stream still count. */
  readonly latenessMs: number
  /** Of what is older nobody is told: it is read for the sake of delivery alone. */
  readonly staleAfterMs: number
  readonly severity: AlertSeverity
  readonly labels: Readonly<Record<string, string>>
  /** With `${value}` and the like. */
  readonly summary?: string
  readonly runbook?: string
}

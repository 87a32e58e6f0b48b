import type { Judgement } from '../measure/gauge.ts'
import type { Recent } from '../measure/recent.ts'
import type { Cell, Window } from '../measure/window.ts'
import type { GroupFields } from '../words.ts'
import { Examples } from './examples.ts'
import type { KeptIncident } from './rule-state.ts'

/** What a rule knows of records of the same values of its fields. */
export interface WindowGroup {
  readonly key: string
  readonly fields: GroupFields
  readonly window: Window
  readonly recent: Recent | undefined
  readonly examples: Examples
  /** What records of now are counted in. */
  cell: Cell | undefined
  step: number
  /** The source that brought the last record. */
  source: string | undefined
  lastStep: number
  isTouched: boolean
  /** Since when it holds, by the time of records; undefined while it does not. */
  since: number | undefined
  /** The last window for which it held: its end, and when that was found, of the clock. */
  heldUntil: number
  heldAt: number
  incident: KeptIncident | undefined
  last: Judgement | undefined
}

export const newWindowGroup = (known: Pick<WindowGroup, 'key' | 'fields' | 'window' | 'recent'>): WindowGroup => ({
  ...known,
  examples: new Examples(),
  cell: undefined,
  step: -1,
  source: undefined,
  lastStep: -1,
  isTouched: false,
  since: undefined,
  heldUntil: Number.NEGATIVE_INFINITY,
  heldAt: Number.NEGATIVE_INFINITY,
  incident: undefined,
  last: undefined,
})

import type { Alert, AlertSeverity } from '../core/alert.ts'
import type { Target } from './route.ts'

/** What the journal keeps, one JSON a record: decisions and what came of them, so that reading them again needs no configuration. */
export type AlertRecord = Raised | Settled | KeptIncident | Over

/** An alert, and who is told. */
export interface Raised {
  readonly type: 'raised'
  /** Milliseconds since 1970. */
  readonly at: number
  readonly alert: Alert
  readonly sends: readonly Target[]
  /** What is not sent any more. */
  readonly cancels: readonly { readonly channel: string; readonly key: string }[]
}

/** `dropped`: there was too much; `muted`: it was over before it might have been told. */
export type SendResult = 'delivered' | 'refused' | 'dropped' | 'muted'

/** One channel is done with one thing. */
export interface Settled {
  readonly type: 'settled'
  readonly at: number
  readonly incident: string
  readonly channel: string
  readonly key: string
  readonly result: SendResult
}

/** An incident as it stands, in place of all that was written of it before. */
export interface KeptIncident {
  readonly type: 'incident'
  readonly id: string
  readonly severity: AlertSeverity
  readonly isResolved: boolean
  readonly threads: readonly {
    readonly channel: string
    readonly told: readonly AlertSeverity[]
    readonly toldAt: number
    readonly repeats: number
    readonly repeatMs?: number
    readonly resolves: boolean
    readonly alert: Alert
    readonly sends: readonly { readonly key: string; readonly at: number; readonly afterMs: number; readonly alert: Alert }[]
  }[]
}

/** Incidents of which everybody has been told everything: what is raised of them again is late. */
export interface Over {
  readonly type: 'over'
  readonly incidents: readonly { readonly id: string; readonly at: number }[]
}

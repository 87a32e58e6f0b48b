import type { Check, Sampling } from '../../core/check.ts'
import type { SlaClass } from '../probed-check.ts'

/** A check as a file or the command line asks for it; on which hosts is seen when the inventory is read. */
export interface AskedCheck {
  readonly name: string
  readonly type: string
  readonly check: Check
  readonly sampling: readonly Sampling[]
  /** It asks an endpoint; the others look at hosts. */
  readonly isEndpoint: boolean
  readonly from: 'here' | 'host'
  /** Node sets; absent: those of the command line. */
  readonly targets?: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  readonly sla: SlaClass
  readonly dependsOn: readonly string[]
  /** So many good looks in a row end an incident, in `probe serve`. */
  readonly recoveries: number
  /** Changes with what its file says of it. */
  readonly definition?: string
  /** What to do when it is not well: a URL. */
  readonly runbook?: string
  /** Whom it asks, `shop.example.com:443`: so that nobody is asked by too many at a time. Absent for what asks hosts. */
  readonly origin?: string
  /** `path:line:column`, where it comes from a file. */
  readonly place?: string
}

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
  /** `path:line:column`, where it comes from a file. */
  readonly place?: string
}

import type { Check, Sampling } from '../core/check.ts'
import type { Host } from '../core/host.ts'

/** How much a check matters: P0 is looked at first, and its failures are critical. */
export const slaClasses = ['P0', 'P1', 'P2'] as const
export type SlaClass = (typeof slaClasses)[number]

/** A check with all that the engine needs to know of it. */
export interface ProbedCheck {
  /** Unique among all that are run together. */
  readonly name: string
  /** Of its component: `http`. */
  readonly type: string
  readonly check: Check
  /** For each dimension; one with the check's own type where it has no dimensions. */
  readonly sampling: readonly Sampling[]
  /** Hosts that are looked at, or from which it is looked; absent: from where opsctl runs. */
  readonly hosts?: readonly Host[]
  /** Hosts ('' for here) on which it is looked at for the sake of what depends on it only: another share of the checks tells of it. */
  readonly untold?: ReadonlySet<string>
  readonly labels: Readonly<Record<string, string>>
  readonly sla: SlaClass
  /** Names of checks: while one of them is bad this one is not judged. */
  readonly dependsOn: readonly string[]
  /** So many good looks in a row end an incident, in `probe serve`. */
  readonly recoveries: number
  /** Changes with what its file says of it. */
  readonly definition?: string
  /** What to do when it is not well: a URL. */
  readonly runbook?: string
  /** Whom it asks, `shop.example.com:443`: so that nobody is asked by too many at a time. Absent for what asks hosts. */
  readonly origin?: string
}

/** Of checks that say nothing of themselves, milliseconds. */
export const defaultSampling = { intervalMs: 30_000, timeoutMs: 10_000, retries: 1, failures: 1, of: 1 } as const

/** How the dimensions of a check are sampled. */
export function samplingOf({ sampling }: Check, type: string): readonly Sampling[] {
  return sampling && sampling.length > 0 ? sampling : [{ dimension: type, ...defaultSampling }]
}

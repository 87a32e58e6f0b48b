import type { CheckJudgement, CheckResult } from '../core/check.ts'
import { OpsError } from '../core/errors.ts'
import { type ProbedCheck, type Unit, unitsOf } from '../probe/index.ts'
import { type Before, Dues } from './dues.ts'
import type { AlertSubject } from './standing/incident.ts'
import { type Standing, unconfirmedOf } from './standing/standing.ts'

/** A check that is to be watched, and where it comes from. */
export interface WatchedCheck extends ProbedCheck {
  /** Changes when anything of it does: the same check read again is not begun anew. */
  readonly version: string
  /** `file /etc/opsctl/checks.yaml`, `api`. */
  readonly source: string
  /** Switched off it is shown, and not looked at. */
  readonly isOn: boolean
}

/** What the last look measured. */
export interface Measured {
  readonly ms: number
  readonly metrics: Readonly<Record<string, number>>
}

/** Latencies that are remembered for a line to look at. */
const remembered = 60

/** A check in one place while it is watched: how it stands, and when each of its dimensions is due. Times are monotonic milliseconds. */
export class Watch {
  readonly id: string
  /** What is looked at together: all that is read on one host, in one connection and one command. Everything else is by itself. */
  readonly groupId: string
  readonly check: WatchedCheck
  readonly unit: Unit
  readonly dues: Dues
  standing: Standing
  /** When the last look began. */
  lookedAt = Number.NEGATIVE_INFINITY
  /** When the last look began of which it is known what came of it. */
  judgedAt = Number.NEGATIVE_INFINITY
  measured: Measured | undefined
  /** Its looks are over; what is still under way is not told. */
  isGone = false
  readonly latencies: number[] = []

  /** `before`: what is known of when it is due. */
  constructor(
    check: WatchedCheck,
    { unit, standing, before }: { readonly unit: Unit; readonly standing: Standing; readonly before: Before },
  ) {
    const { host } = unit
    this.id = watchId(unit)
    this.groupId = check.check.host && host ? `readings of ${host.name}` : this.id
    this.check = check
    this.unit = unit
    this.dues = new Dues({ sampling: check.sampling, sla: check.sla, groupId: this.groupId }, before)
    this.standing = standing
  }

  /** As others are told of it; made when it is asked for, since few are. */
  get subject(): AlertSubject {
    const { check, unit } = this
    const { host } = unit
    return {
      title: host ? `${check.name} on ${host.name}` : check.name,
      sla: check.sla,
      labels: {
        ...host?.labels,
        ...check.labels,
        check: check.name,
        type: check.type,
        sla: check.sla,
        ...(host && { host: host.name }),
      },
      recoveries: check.recoveries,
      ...(check.runbook !== undefined && { runbook: check.runbook }),
    }
  }

  get dueAt(): number {
    return this.dues.earliest
  }

  /** Something was found bad, and is looked at once more before that counts. */
  get isConfirming(): boolean {
    return unconfirmedOf(this.standing, this.check.sampling).length > 0
  }

  /** What a result says of the dimensions that are due at that time, and of those that are not well: of them every look counts. */
  judgementsDue(result: CheckResult, at: number): CheckJudgement[] {
    const judgements = result.judgements && new Map(result.judgements.map(each => [each.dimension, each]))
    return this.check.sampling.flatMap(({ dimension }, index) => {
      const isWell = (this.standing.dimensions[dimension]?.level ?? 'pass') === 'pass'
      if (isWell && !this.dues.isDue(index, at)) return []
      return [judgements?.get(dimension) ?? ofWhole(result, dimension)]
    })
  }

  remember(measured: Measured): void {
    this.measured = measured
    this.latencies.push(measured.ms)
    if (this.latencies.length > remembered) this.latencies.shift()
  }
}

/** `disk /`, `web1/disk /`. */
export const watchId = ({ probed, host }: Unit): string => (host ? `${host.name}/${probed.name}` : probed.name)

/** @throws OpsError E_PLAN for two that would go by one id: a check called `web1/disk`, and `disk` on web1 */
export function refuseSameIds(checks: readonly ProbedCheck[]): void {
  const seen = new Map<string, ProbedCheck>()
  for (const probed of checks) {
    for (const unit of unitsOf(probed)) {
      const id = watchId(unit)
      const other = seen.get(id)
      if (other)
        throw new OpsError('E_PLAN', `the checks '${other.name}' and '${probed.name}' would both be known as ${id}`, {
          hint: 'give one of them another name:',
        })
      seen.set(id, probed)
    }
  }
}

function ofWhole({ verdict, message, reason, metrics }: CheckResult, dimension: string): CheckJudgement {
  return { dimension, verdict, message, ...(reason && { reason }), ...(metrics && { metrics }) }
}

import type { CheckJudgement, CheckResult, Sampling } from '../core/check.ts'
import { OpsError } from '../core/errors.ts'
import { type ProbedCheck, type Unit, unitsOf } from '../probe/index.ts'
import { spread } from './scheduler/beat.ts'
import type { AlertSubject } from './standing/incident.ts'
import { neverLooked, type Standing, unconfirmedOf } from './standing/standing.ts'

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

/** Looks at a dimension whose bad answer waits to be confirmed, milliseconds apart. */
const confirmAfterMs = 1000
/** Latencies that are remembered for a line to look at. */
const remembered = 60

/** A check in one place while it is watched: how it stands, and when each of its dimensions is due. Times are monotonic milliseconds. */
export class Watch {
  readonly id: string
  /** What is looked at together: all that is read on one host, in one connection and one command. Everything else is by itself. */
  readonly groupId: string
  readonly check: WatchedCheck
  readonly unit: Unit
  readonly subject: AlertSubject
  standing: Standing
  /** When the last look began. */
  lookedAt = Number.NEGATIVE_INFINITY
  /** When the last look began of which it is known what came of it. */
  judgedAt = Number.NEGATIVE_INFINITY
  measured: Measured | undefined
  /** Its looks are over; what is still under way is not told. */
  isGone = false
  readonly latencies: number[] = []
  readonly #dueAt = new Map<string, number>()

  constructor(
    check: WatchedCheck,
    { unit, standing, now }: { readonly unit: Unit; readonly standing?: Standing; readonly now: number },
  ) {
    const { host } = unit
    this.id = watchId(unit)
    this.groupId = check.check.host && host ? `readings of ${host.name}` : this.id
    this.check = check
    this.unit = unit
    this.standing = standing ?? neverLooked(now)
    this.subject = {
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
    let earliest = Number.POSITIVE_INFINITY
    for (const at of this.#dueAt.values()) if (at < earliest) earliest = at
    return earliest
  }

  /** When each dimension is due. */
  get dues(): ReadonlyMap<string, number> {
    return this.#dueAt
  }

  /** A first time, or one that a restart kept. */
  plan(dimension: string, at: number): void {
    this.#dueAt.set(dimension, at)
  }

  /** Something was found bad, and is looked at once more before that counts. */
  get isConfirming(): boolean {
    return unconfirmedOf(this.standing, this.check.sampling).length > 0
  }

  /** Something of it is due, or will be within the same moment. */
  isDueBy(at: number): boolean {
    return this.check.sampling.some(sampling => this.#isDue(sampling, at))
  }

  /** What a result says of the dimensions that are due at that time, and of those that are not well: of them every look counts. */
  judgementsDue(result: CheckResult, at: number): CheckJudgement[] {
    const judgements = result.judgements && new Map(result.judgements.map(each => [each.dimension, each]))
    return this.check.sampling.flatMap(sampling => {
      const { dimension } = sampling
      const isWell = (this.standing.dimensions[dimension]?.level ?? 'pass') === 'pass'
      if (isWell && !this.#isDue(sampling, at)) return []
      return [judgements?.get(dimension) ?? ofWhole(result, dimension)]
    })
  }

  /** Plans the next look at what was judged: on its beat, where it was due, or soon, where a bad answer waits to be confirmed. */
  planNext(
    judged: readonly string[],
    { startedAt, unconfirmed }: { readonly startedAt: number; readonly unconfirmed: ReadonlySet<string> },
  ): void {
    for (const sampling of this.check.sampling) {
      const { dimension, intervalMs } = sampling
      if (!judged.includes(dimension)) continue
      const beat = nextBeat(startedAt, { intervalMs, phaseMs: spread(this.groupId, intervalMs) })
      if (unconfirmed.has(dimension)) this.#dueAt.set(dimension, startedAt + Math.min(confirmAfterMs, intervalMs))
      else if (this.#isDue(sampling, startedAt)) this.#dueAt.set(dimension, beat)
    }
  }

  /** A little early is on time: dimensions that are due within the same moment share a look. */
  #isDue({ dimension, intervalMs }: Sampling, at: number): boolean {
    return (this.#dueAt.get(dimension) ?? at) <= at + Math.min(1000, intervalMs / 10)
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

/** The first moment of the beat after half an interval: whoever was late is not looked at twice in a row. */
function nextBeat(after: number, { intervalMs, phaseMs }: { readonly intervalMs: number; readonly phaseMs: number }): number {
  const beats = Math.ceil((after + intervalMs / 2 - phaseMs) / intervalMs)
  return phaseMs + beats * intervalMs
}

function ofWhole({ verdict, message, reason, metrics }: CheckResult, dimension: string): CheckJudgement {
  return { dimension, verdict, message, ...(reason && { reason }), ...(metrics && { metrics }) }
}

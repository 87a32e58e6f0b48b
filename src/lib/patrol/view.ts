import type { AlertSeverity } from '../core/alert.ts'
import type { Reason } from '../core/item.ts'
import type { Json } from '../core/json.ts'
import type { SlaClass } from '../probe/index.ts'
import { type Level, levels } from './standing/level.ts'
import { type Incident, worstTold } from './standing/standing.ts'
import type { Watch } from './watch.ts'

/** How a check is shown: a level, or why it has none. */
export const statuses = [...levels, 'pending', 'suppressed', 'off'] as const
export type Status = (typeof statuses)[number]

/** A check in one place, as the page and the API tell it. Times are milliseconds since 1970. */
export interface CheckView {
  readonly id: string
  readonly name: string
  readonly type: string
  readonly host?: string
  /** What it belongs to: its label `group`, else `service`, else `team`; absent when it has none. */
  readonly group?: string
  readonly sla: SlaClass
  readonly labels: Readonly<Record<string, string>>
  readonly source: string
  readonly status: Status
  readonly since: number
  readonly message: string
  readonly reason?: Reason
  readonly flapping: boolean
  readonly lookedAt?: number
  readonly nextAt?: number
  readonly ms?: number
  /** Of the last looks, milliseconds, oldest first. */
  readonly latencies: readonly number[]
  /** Days until the first certificate ends, where it has one. */
  readonly certificateDays?: number
  readonly dimensions: readonly DimensionView[]
  readonly incident?: {
    readonly id: string
    readonly startedAt: number
    readonly severity: AlertSeverity
    readonly summary: string
  }
  readonly suppressedBy?: string
  readonly runbook?: string
}

export interface DimensionView {
  readonly name: string
  readonly level: Level
  readonly message: string
  readonly reason?: Reason
  readonly metrics?: Readonly<Record<string, number>>
  readonly data?: Readonly<Record<string, Json>>
  /** It was bad when it was last looked at, and is looked at again before that counts. */
  readonly isUnconfirmed: boolean
}

export function statusOf({ check, standing }: Watch): Status {
  if (!check.isOn) return 'off'
  if (standing.suppressed) return 'suppressed'
  return standing.looks === 0 ? 'pending' : standing.level
}

/** What is known of a check now. */
export function viewOf(watch: Watch, { now, monotonic }: { readonly now: number; readonly monotonic: number }): CheckView {
  const { id, check, unit, standing, measured, latencies } = watch
  const status = statusOf(watch)
  const told = worstTold(standing)
  const { dueAt } = watch
  const { labels } = check
  const group = labels['group'] ?? labels['service'] ?? labels['team']
  const days = measured?.metrics['days_left']
  return {
    id,
    name: check.name,
    type: check.type,
    ...(unit.host && { host: unit.host.name }),
    ...(group !== undefined && { group }),
    sla: check.sla,
    labels,
    source: check.source,
    status,
    since: standing.since,
    message: messageOf(watch, status),
    ...(told?.reason && status !== 'pass' && { reason: told.reason }),
    flapping: standing.flapping.isFlapping,
    ...(standing.lookedAt > 0 && { lookedAt: standing.lookedAt }),
    ...(check.isOn && Number.isFinite(dueAt) && { nextAt: Math.round(now + Math.max(0, dueAt - monotonic)) }),
    ...(measured && { ms: measured.ms }),
    latencies,
    ...(days !== undefined && { certificateDays: days }),
    dimensions: Object.entries(standing.dimensions).map(([name, { level, told, unconfirmed }]) => ({
      name,
      level,
      message: told.message,
      ...(told.reason && { reason: told.reason }),
      ...(told.metrics && { metrics: told.metrics }),
      ...(told.data && { data: told.data }),
      isUnconfirmed: unconfirmed > 0 && level === 'pass',
    })),
    ...(standing.incident && { incident: incidentOf(standing.incident) }),
    ...(standing.suppressed && { suppressedBy: standing.suppressed.by }),
    ...(check.runbook !== undefined && { runbook: check.runbook }),
  }
}

const incidentOf = ({ id, startedAt, severity, summary }: Incident): Omit<Incident, 'labels' | 'reason'> => ({
  id,
  startedAt,
  severity,
  summary,
})

function messageOf({ standing }: Watch, status: Status): string {
  if (status === 'off') return 'switched off'
  if (status === 'pending') return 'not looked at yet'
  if (status === 'suppressed') return `suppressed by ${standing.suppressed?.by}`
  return worstTold(standing)?.message ?? ''
}

/** The numbers of the head of the page, and of `/api/v1/status`. */
export type Tally = Readonly<Record<Status, number>>

export function tallyOf(watches: Iterable<Watch>): Tally {
  const tally = { pass: 0, warn: 0, unknown: 0, fail: 0, pending: 0, suppressed: 0, off: 0 }
  for (const watch of watches) tally[statusOf(watch)]++
  return tally
}

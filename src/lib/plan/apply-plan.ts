import type { Context } from '../core/context.ts'
import type { Host } from '../core/host.ts'
import type { Item } from '../core/item.ts'
import type { Report } from '../core/report.ts'
import { ofShard } from '../core/shard.ts'
import { type Fleet, type MaxFail, maxFailures, RunRecord } from '../fleet/index.ts'
import type { BuiltPlan } from './built-plan.ts'
import { Change, type TakeBack } from './change.ts'
import { ChangeLog } from './change-log.ts'
import { confirm } from './confirmation.ts'
import { lockHosts } from './locks.ts'
import { OwedHandlers } from './owed-handlers.ts'
import { previewPlan } from './preview.ts'
import { tellUnfinished } from './unfinished.ts'
import { wavesOf } from './waves.ts'

/** Who looks on while a plan is in place, as a drill does. */
export interface Onlooker {
  /** What lists of runs call it. */
  readonly kind: string
  /** What a person is asked before anything begins. */
  readonly question: string
  /** With the hosts locked, before the first one is touched. */
  begin(): void
  /** See ChangeRequest. */
  during(signal: AbortSignal, takeBack: TakeBack): Promise<boolean>
  /** Once everything is kept or taken back, with the hosts still locked: what becomes of the report. */
  conclude(report: Report): Promise<Report>
}

export interface PlanRequest {
  readonly built: BuiltPlan
  readonly fleet: Fleet
  readonly concurrency: number
  /** Shows what would be changed, and changes nothing. */
  readonly dryRun: boolean
  /** With dryRun: exit code 4 where something would be changed. */
  readonly detailedExitCode?: boolean
  /** Failed hosts that do not stop the change; none when absent. */
  readonly maxFail?: MaxFail | undefined
  /** Of one step on one host. */
  readonly stepTimeoutMs: number
  /** How long an undo waits for a host that can not be reached. */
  readonly undoTimeoutMs: number
  readonly onlooker?: Onlooker
  /** How a person sees first what would be done; --dry-run when absent. */
  readonly look?: string
  /** Awaited once it is sure to begin: confirmed, with the hosts locked, before the first one is touched. */
  begun?(): Promise<void>
}

/**
 * The way of every plan: shown, or confirmed, its hosts locked, its journal begun, then applied.
 * @throws OpsError E_CONFIRM, E_LOCKED, E_STATE
 */
export async function applyPlan(context: Context, request: PlanRequest): Promise<Report> {
  const { built, fleet, dryRun, concurrency, stepTimeoutMs, undoTimeoutMs, maxFail } = request
  const { plan } = built
  const { hosts, sudo } = fleet
  await tellUnfinished(context)
  if (dryRun) {
    const { detailedExitCode = false } = request
    const maxFailures = Number.POSITIVE_INFINITY
    return await previewPlan(context, { fleet, built, concurrency, stepTimeoutMs, maxFailures, detailedExitCode })
  }
  const waves = wavesOf(hosts, plan.waves).length
  const { onlooker } = request
  await confirm(
    context,
    onlooker?.question ?? `${plan.name}: ${plan.steps.length} steps on ${hosts.length} hosts in ${waves} waves. Apply?`,
    { look: request.look },
  )
  await using _locks = await lockHosts(context, hosts)
  const owed = await OwedHandlers.find(context, { plan, hosts, changeId: context.runId })
  await request.begun?.()
  await using record = await RunRecord.start(context, {
    kind: onlooker?.kind ?? 'change',
    title: plan.name,
    hosts: hosts.map(({ name }) => name),
  })
  await using log = await ChangeLog.open(context)
  const settings = { stepTimeoutMs, undoTimeoutMs, concurrency, ...(sudo && { sudoUser: sudo.user }) }
  await log.commit({ is: 'plan', plan, hosts, settings })
  const allowed = maxFailures(maxFail ?? { count: 0 }, hosts.length)
  const change = new Change(context, {
    fleet,
    built,
    log,
    owed,
    concurrency,
    stepTimeoutMs,
    undoTimeoutMs,
    maxFailures: allowed,
    ...(sudo && { sudo }),
    ...(onlooker && { during: (signal, takeBack) => onlooker.during(signal, takeBack) }),
  })
  onlooker?.begin()
  const applied = await change.apply()
  await owed.answer(context, log.state)
  const report = ofShard((await onlooker?.conclude(applied)) ?? applied, fleet.shard)
  recordResult(record, hosts, report)
  return report
}

/** So that `--limit @failed` names the hosts on which the change did not succeed. */
function recordResult(record: RunRecord, hosts: readonly Host[], { items }: Report): void {
  const bad = new Set(items.filter(item => !isGood(item)).map(({ host }) => host))
  for (const { name } of hosts) record.add({ host: name, outcome: bad.has(name) ? 'failed' : 'ok' })
}

/** A gate has a verdict, a step an outcome. */
const isGood = ({ outcome, verdict }: Item): boolean =>
  outcome === undefined ? verdict === 'pass' || verdict === 'warn' : outcome === 'ok' || outcome === 'changed'

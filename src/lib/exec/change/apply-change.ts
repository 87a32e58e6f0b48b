import type { Context } from '../../core/context.ts'
import type { Host } from '../../core/host.ts'
import type { Report } from '../../core/report.ts'
import { maxFailures, openFleet, RunRecord } from '../../fleet/index.ts'
import { buildPlan, Change, ChangeLog, lockHosts, previewPlan, tellUnfinished, wavesOf } from '../../plan/index.ts'
import { confirm } from '../confirmation.ts'
import type { ExecOptions } from '../options.ts'
import { checkLabelWaves } from './label-waves.ts'
import { loadChange } from './load-change.ts'

/**
 * Applies a change file, or shows what it would change.
 * @throws OpsError E_PLAN, E_CONFIRM, E_LOCKED, and what opening the fleet throws
 */
export async function applyChange(context: Context, path: string, options: ExecOptions): Promise<Report> {
  const change = await loadChange(context, path)
  const { plan, targets = [], maxFail, stepTimeoutMs, undoTimeoutMs } = change
  const built = await buildPlan(context, plan)
  await tellUnfinished(context)
  const named = options.targets.length > 0 ? options.targets : [...targets]
  await using fleet = await openFleet(context, { ...options, targets: named })
  const { hosts, sudo } = fleet
  await checkLabelWaves(context, { change, hosts, options })
  const { concurrency } = options
  if (options.dryRun) {
    const { detailedExitCode } = options
    const maxFailures = Number.POSITIVE_INFINITY
    return await previewPlan(context, { fleet, built, concurrency, stepTimeoutMs, maxFailures, detailedExitCode })
  }
  const waves = wavesOf(hosts, plan.waves).length
  await confirm(context, `${plan.name}: ${plan.steps.length} steps on ${hosts.length} hosts in ${waves} waves. Apply?`)
  await using _locks = await lockHosts(context, hosts)
  await using record = await RunRecord.start(context, { kind: 'change', title: plan.name, hosts: hosts.map(({ name }) => name) })
  await using log = await ChangeLog.open(context)
  const settings = { stepTimeoutMs, undoTimeoutMs, concurrency, ...(sudo && { sudoUser: sudo.user }) }
  await log.commit({ is: 'plan', plan, hosts, settings })
  const allowed = maxFailures(options.maxFail ?? maxFail ?? { count: 0 }, hosts.length)
  const work = new Change(context, {
    fleet,
    built,
    log,
    concurrency,
    stepTimeoutMs,
    undoTimeoutMs,
    maxFailures: allowed,
    ...(sudo && { sudo }),
  })
  const report = await work.apply()
  recordResult(record, hosts, report)
  return report
}

/** So that `--limit @failed` names the hosts on which the change did not succeed. */
function recordResult(record: RunRecord, hosts: readonly Host[], { items }: Report): void {
  const bad = new Set(items.filter(({ outcome }) => outcome !== 'ok' && outcome !== 'changed').map(({ host }) => host))
  for (const { name } of hosts) record.add({ host: name, outcome: bad.has(name) ? 'failed' : 'ok' })
}

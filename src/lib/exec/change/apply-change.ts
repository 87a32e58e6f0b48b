import type { Context } from '../../core/context.ts'
import { OpsError } from '../../core/errors.ts'
import type { Host } from '../../core/host.ts'
import type { Report } from '../../core/report.ts'
import { type Fleet, maxFailures, openFleet, RunRecord } from '../../fleet/index.ts'
import { buildPlan, Change, ChangeLog, lockHosts, previewPlan, unfinishedChanges, wavesOf } from '../../plan/index.ts'
import type { ExecOptions } from '../options.ts'
import { loadChange } from './load-change.ts'

/**
 * Applies a change file, or shows what it would change.
 * @throws OpsError E_PLAN, E_CONFIRM, E_LOCKED, and what opening the fleet throws
 */
export async function applyChange(context: Context, path: string, options: ExecOptions): Promise<Report> {
  const { plan, targets = [], maxFail, stepTimeoutMs } = await loadChange(context, path)
  const built = await buildPlan(context, plan)
  await tellUnfinished(context)
  const named = options.targets.length > 0 ? options.targets : [...targets]
  await using fleet = await openFleet(context, { ...options, targets: named })
  const { hosts, sudo } = fleet
  const { concurrency } = options
  if (options.dryRun) {
    return await previewPlan(context, { fleet, built, concurrency, stepTimeoutMs, maxFailures: Number.POSITIVE_INFINITY })
  }
  const waves = wavesOf(hosts, plan.waves).length
  await confirm(context, `${plan.name}: ${plan.steps.length} steps on ${hosts.length} hosts in ${waves} waves. Apply?`)
  await using _locks = await lockHosts(context, hosts)
  await using log = await ChangeLog.open(context)
  const settings = { stepTimeoutMs, concurrency, ...(sudo && { sudoUser: sudo.user }) }
  await log.commit({ is: 'plan', plan, hosts, settings })
  const allowed = maxFailures(options.maxFail ?? maxFail ?? { count: 0 }, hosts.length)
  const change = new Change(context, {
    fleet,
    built,
    log,
    concurrency,
    stepTimeoutMs,
    maxFailures: allowed,
    ...(sudo && { sudo }),
  })
  return await recorded(context, fleet, await change.apply())
}

async function confirm({ settings, prompt, signal }: Context, question: string): Promise<void> {
  if (settings.assumeYes || (await prompt.confirm(question, signal))) return
  throw new OpsError('E_CONFIRM', 'not confirmed: nothing was changed')
}

/** A change that was killed is not forgotten: whoever begins another one hears of it. */
async function tellUnfinished({ paths, log }: Context): Promise<void> {
  for (const { runId, name, hosts } of await unfinishedChanges(paths.state)) {
    log('warn', `the change '${name}' stands half-way on ${hosts.length} hosts: opsctl undo ${runId}`)
  }
}

/** So that `--limit @failed` names the hosts on which the change did not succeed. */
async function recorded(context: Context, { hosts }: Fleet, report: Report): Promise<Report> {
  const bad = new Set(report.items.filter(({ outcome }) => outcome !== 'ok' && outcome !== 'changed').map(({ host }) => host))
  await using record = await RunRecord.start(context, { kind: 'change', title: report.title, hosts: hosts.map(nameOf) })
  for (const name of hosts.map(nameOf)) record.add({ host: name, outcome: bad.has(name) ? 'failed' : 'ok' })
  return report
}

const nameOf = ({ name }: Host): string => name

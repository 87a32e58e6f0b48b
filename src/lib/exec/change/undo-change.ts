import type { Context } from '../../core/context.ts'
import { OpsError } from '../../core/errors.ts'
import type { Report } from '../../core/report.ts'
import { connectFleet, type FleetOptions } from '../../fleet/index.ts'
import { buildPlan, Change, ChangeLog, lockHosts } from '../../plan/index.ts'

type UndoOptions = Omit<
  FleetOptions,
  'targets' | 'inventory' | 'limit' | 'shard' | 'allowEmpty' | 'timeout' | 'idleTimeout' | 'maxFail'
>

/**
 * Takes back what stands of a change, from its journal alone: the change file and the inventory may be gone or have changed.
 * @throws OpsError E_USAGE when there is no such change, E_LOCKED while it runs
 */
export async function undoChange(context: Context, runId: string, options: UndoOptions): Promise<Report> {
  const known = await ChangeLog.read(context.paths.state, runId)
  if (!known.header) throw new OpsError('E_USAGE', `there is no change ${runId}`, { hint: '`opsctl runs list` shows the runs' })
  const { plan, hosts, settings } = known.header
  const { stepTimeoutMs } = settings
  const standing = hosts.filter(({ name }) => known.standing(name).length > 0)
  const sudoUser = options.sudoUser ?? settings.sudoUser
  const built = await buildPlan(context, plan)
  await using fleet = await connectFleet(context, standing, { ...options, ...(sudoUser !== undefined && { sudoUser }) })
  await using _locks = await lockHosts(context, standing)
  await using log = await ChangeLog.open(context, runId)
  const { concurrency } = options
  const { sudo } = fleet
  const change = new Change(context, { fleet, built, log, concurrency, stepTimeoutMs, maxFailures: 0, ...(sudo && { sudo }) })
  return await change.undo()
}

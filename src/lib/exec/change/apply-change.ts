import type { Context } from '../../core/context.ts'
import type { Report } from '../../core/report.ts'
import { openFleet } from '../../fleet/index.ts'
import { checkLabelWaves } from '../../plan/file/label-waves.ts'
import { applyPlan, buildPlan } from '../../plan/index.ts'
import type { ExecOptions } from '../options.ts'
import { loadChange } from './load-change.ts'

/**
 * Applies a change file, or shows what it would change.
 * @throws OpsError E_PLAN, and what opening the fleet and applying a plan throw
 */
export async function applyChange(context: Context, path: string, options: ExecOptions): Promise<Report> {
  const change = await loadChange(context, path)
  const { plan, targets = [], maxFail, stepTimeoutMs, undoTimeoutMs } = change
  const built = await buildPlan(context, plan)
  const named = options.targets.length > 0 ? options.targets : [...targets]
  await using fleet = await openFleet(context, { ...options, targets: named })
  await checkLabelWaves(context, { change, hosts: fleet.hosts, options })
  const { dryRun, detailedExitCode, concurrency } = options
  const limits = { concurrency, maxFail: options.maxFail ?? maxFail, stepTimeoutMs, undoTimeoutMs }
  // Awaited here: otherwise the connections would be closed while the change goes on.
  return await applyPlan(context, { built, fleet, dryRun, detailedExitCode, ...limits })
}

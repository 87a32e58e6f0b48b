import type { Context } from '../core/context.ts'
import type { Report } from '../core/report.ts'
import { openFleet } from '../fleet/index.ts'
import { applyPlan, buildPlan } from '../plan/index.ts'
import { origin } from './apply-sync.ts'
import { sourceData } from './configuration.ts'
import { loadSync } from './load-sync.ts'
import type { RecordedOptions } from './options.ts'
import { Revisions } from './revisions.ts'

/**
 * Applies again what an earlier run brought to its hosts, from the record of it: neither the source nor the templates are asked. Prechecks,
 * waves and gates are those of that run.
 */
export async function rollBackSync(context: Context, word: string | undefined, options: RecordedOptions): Promise<Report> {
  const sync = await loadSync(context, options.file)
  const revisions = new Revisions(context, sync)
  const record = await revisions.find(word)
  const { version: _v, outcome: _o, ...recorded } = record
  const built = await buildPlan(context, record.plan)
  const targets = options.targets.length > 0 ? options.targets : Object.keys(record.hosts)
  await using fleet = await openFleet(context, { ...options, targets })
  await revisions.begin({ ...recorded, ...origin(context), rollbackOf: record.runId })
  const { stepTimeoutMs, undoTimeoutMs, maxFail } = sync.conduct
  const limits = { concurrency: options.concurrency, stepTimeoutMs, undoTimeoutMs, maxFail: options.maxFail ?? maxFail }
  const report = await applyPlan(context, { built, fleet, dryRun: false, ...limits })
  await revisions.end(context.runId)
  return {
    ...report,
    kind: 'sync-config',
    data: { ...report.data, file: sync.path, source: sourceData(record.source), rollbackOf: record.runId },
  }
}

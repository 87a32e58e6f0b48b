import type { Context } from '../core/context.ts'
import { OpsError } from '../core/errors.ts'
import type { Report } from '../core/report.ts'
import { type Fleet, openFleet } from '../fleet/index.ts'
import { foldNodeSet } from '../inventory/node-set.ts'
import { applyPlan, buildPlan } from '../plan/index.ts'
import { isPartial, origin } from './apply-sync.ts'
import { sourceData } from './configuration.ts'
import { loadSync } from './load-sync.ts'
import type { RecordedOptions } from './options.ts'
import { type RevisionRecord, Revisions } from './revisions.ts'

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
  demandRecorded(record, fleet)
  const hosts = Object.fromEntries(fleet.hosts.map(({ name }) => [name, record.hosts[name] ?? []]))
  const begun = (): Promise<void> =>
    revisions.begin({
      ...{ ...recorded, ...origin(context), hosts, rollbackOf: record.runId },
      ...(isPartial(options) && { partial: true }),
    })
  const { stepTimeoutMs, undoTimeoutMs, maxFail } = sync.conduct
  const limits = { concurrency: options.concurrency, stepTimeoutMs, undoTimeoutMs, maxFail: options.maxFail ?? maxFail }
  const report = await applyPlan(context, { built, fleet, dryRun: false, look: '`opsctl sync-config status`', begun, ...limits })
  await revisions.end(context.runId)
  return {
    ...report,
    kind: 'sync-config',
    data: { ...report.data, file: sync.path, source: sourceData(record.source), rollbackOf: record.runId },
  }
}

/** What a host never had can not be brought back to it: it would get the files of another one. @throws OpsError E_USAGE */
function demandRecorded({ runId, hosts }: RevisionRecord, fleet: Fleet): void {
  const strangers = fleet.hosts.map(({ name }) => name).filter(name => !Object.hasOwn(hosts, name))
  if (strangers.length === 0) return
  throw new OpsError('E_USAGE', `run ${runId} brought nothing to ${foldNodeSet(strangers)}`, {
    hint: `it went to ${foldNodeSet(Object.keys(hosts))}`,
  })
}

import type { Context } from '../core/context.ts'
import type { Json } from '../core/json.ts'
import type { Report } from '../core/report.ts'
import { openFleet } from '../fleet/index.ts'
import { sourceData } from './configuration.ts'
import { findDrift } from './drift.ts'
import { loadSync } from './load-sync.ts'
import type { RecordedOptions } from './options.ts'
import { Revisions } from './revisions.ts'

/** Whether the hosts are still as they were left, and what was applied when. Changes nothing. */
export async function statusOfSync(context: Context, options: RecordedOptions): Promise<Report> {
  const sync = await loadSync(context, options.file)
  const revisions = new Revisions(context, sync)
  const record = await revisions.applied()
  const targets = options.targets.length > 0 ? options.targets : Object.keys(record.hosts)
  await using fleet = await openFleet(context, { ...options, targets })
  const report = await findDrift(context, { fleet, record, concurrency: options.concurrency })
  const { runId, at, by, source } = record
  const applied = { runId, at, by, source: sourceData(source) }
  return { ...report, data: { file: sync.path, applied, revisions: await listed(revisions) } }
}

async function listed(revisions: Revisions): Promise<Json> {
  const records = await revisions.all()
  return records.map(({ runId, at, by, source, outcome, rollbackOf }) => ({
    ...{ runId, at, user: by.user, revision: source.revision, digest: source.digest, outcome },
    ...(rollbackOf !== undefined && { rollbackOf }),
  }))
}

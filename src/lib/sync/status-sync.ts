import type { Context } from '../core/context.ts'
import type { Json } from '../core/json.ts'
import type { Block, Report } from '../core/report.ts'
import { openFleet } from '../fleet/index.ts'
import { sourceData } from './configuration.ts'
import { findDrift } from './drift.ts'
import { loadSync } from './load-sync.ts'
import type { RecordedOptions } from './options.ts'
import { type RevisionRecord, Revisions } from './revisions.ts'

/** Whether the hosts are still as they were left, and what was applied when. Changes nothing. */
export async function statusOfSync(context: Context, options: RecordedOptions): Promise<Report> {
  const sync = await loadSync(context, options.file)
  const revisions = new Revisions(context, sync)
  const { last, hosts } = await revisions.applied()
  const targets = options.targets.length > 0 ? options.targets : [...hosts.keys()]
  await using fleet = await openFleet(context, { ...options, targets })
  const report = await findDrift(context, { fleet, title: sync.name, hosts, concurrency: options.concurrency })
  const { runId, at, by, source } = last
  const applied = { runId, at, by, source: sourceData(source) }
  const all = await revisions.all()
  return {
    ...report,
    blocks: [await revisionsBlock(context, all)],
    data: { ...report.data, file: sync.path, applied, revisions: listed(all) },
  }
}

function listed(records: readonly RevisionRecord[]): Json {
  return records.map(({ runId, at, by, source, outcome, rollbackOf }) => ({
    ...{ runId, at, user: by.user, revision: source.revision, digest: source.digest, outcome },
    ...(rollbackOf !== undefined && { rollbackOf }),
  }))
}

/** One a line, newest last. */
async function revisionsBlock({ outputs }: Context, records: readonly RevisionRecord[]): Promise<Block> {
  const rows = records.map(({ runId, by, source, outcome }) => [runId, `revision ${source.revision}`, `by ${by.user}`, outcome])
  const writer = outputs.open('revisions')
  await writer.write(Buffer.from(rows.map(row => `${row.join('  ')}\n`).join('')))
  return { title: 'revisions', hosts: [], outcome: 'ok', body: [await writer.close()] }
}

import { rfc3339 } from '../core/clock.ts'
import type { Context } from '../core/context.ts'
import type { Report } from '../core/report.ts'
import type { Fleet } from '../fleet/index.ts'
import { applyPlan } from '../plan/index.ts'
import { callerOf } from './caller.ts'
import { digestsOf } from './digest.ts'
import type { SyncOptions } from './options.ts'
import { type PreparedSync, preparedData, withSync } from './prepared-sync.ts'
import { type RevisionRecord, Revisions } from './revisions.ts'

/** Brings the configuration to the hosts, wave by wave, and keeps on record what was brought. @throws OpsError as every stage before it does */
export async function applySync(context: Context, options: SyncOptions): Promise<Report> {
  return await withSync(context, options, (prepared, fleet) => applyPrepared(context, { prepared, fleet, options }))
}

interface Applying {
  readonly prepared: PreparedSync
  readonly fleet: Fleet
  readonly options: Pick<SyncOptions, 'concurrency' | 'maxFail' | 'targets' | 'limit' | 'shard'>
}

export async function applyPrepared(context: Context, { prepared, fleet, options }: Applying): Promise<Report> {
  const { sync, built } = prepared
  const { stepTimeoutMs, undoTimeoutMs, maxFail } = sync.conduct
  const { concurrency } = options
  const revisions = new Revisions(context, sync)
  const begun = (): Promise<void> =>
    revisions.begin({ ...recordOf(context, prepared), ...(isPartial(options) && { partial: true }) })
  const limits = { concurrency, stepTimeoutMs, undoTimeoutMs, maxFail: options.maxFail ?? maxFail }
  const report = await applyPlan(context, { built, fleet, dryRun: false, look: '`opsctl sync-config plan`', begun, ...limits })
  await revisions.end(context.runId)
  return { ...report, kind: 'sync-config', data: { ...report.data, ...preparedData(prepared) } }
}

function recordOf(
  context: Context,
  { sync, configuration, rendering, built }: PreparedSync,
): Omit<RevisionRecord, 'version' | 'outcome'> {
  const { title, revision, digest, snapshotAgeMs } = configuration
  const distinct = [...rendering.distinct.keys()]
  return {
    ...origin(context),
    fileSha256: sync.sha256,
    source: { title, revision, digest, ...(snapshotAgeMs !== undefined && { snapshotAgeMs }) },
    digests: Object.fromEntries(digestsOf(configuration.entries)),
    files: distinct.map(({ spec, path, sha256 }) => ({ path, sha256, mode: spec.mode, owner: spec.owner })),
    hosts: Object.fromEntries(rendering.hosts.map(({ name }) => [name, rendering.of(name).map(file => distinct.indexOf(file))])),
    plan: built.plan,
  }
}

/** Whether the flags mean some of the hosts only. */
export const isPartial = ({ targets, limit, shard }: Pick<SyncOptions, 'targets' | 'limit' | 'shard'>): boolean =>
  targets.length > 0 || limit.length > 0 || shard !== undefined

/** Who does it, in which run. */
export const origin = (context: Context): Pick<RevisionRecord, 'runId' | 'at' | 'by'> => ({
  runId: context.runId,
  at: rfc3339(context.clock.now()),
  by: callerOf(context),
})

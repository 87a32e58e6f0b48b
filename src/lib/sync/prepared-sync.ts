import type { Context } from '../core/context.ts'
import type { Json } from '../core/json.ts'
import { type Fleet, openFleet } from '../fleet/index.ts'
import { checkLabelWaves } from '../plan/file/label-waves.ts'
import { type BuiltPlan, buildPlan } from '../plan/index.ts'
import { type Configuration, readConfiguration, sourceData } from './configuration.ts'
import type { SyncFile } from './file/sync-file.ts'
import { judgeRendering } from './judge.ts'
import { loadSync } from './load-sync.ts'
import type { SyncOptions } from './options.ts'
import { type Rendering, renderFiles } from './rendering.ts'
import { syncPlan } from './sync-plan.ts'

/** Everything that can be known before a host is asked: read, filled in and judged. */
export interface PreparedSync {
  readonly sync: SyncFile
  readonly configuration: Configuration
  readonly rendering: Rendering
  readonly built: BuiltPlan
}

interface Preparing {
  readonly sync: SyncFile
  readonly configuration: Configuration
  readonly fleet: Fleet
}

/** The first stages, which none of the later ones goes without. @throws OpsError E_PLAN for what can not be filled in or is not valid */
export async function prepare(context: Context, { sync, configuration, fleet }: Preparing): Promise<PreparedSync> {
  const rendering = renderFiles(sync, configuration, fleet.hosts)
  judgeRendering(context, { sync, configuration, rendering })
  return { sync, configuration, rendering, built: await buildPlan(context, syncPlan(sync, rendering)) }
}

/** Does a piece of work with a sync file, its configuration and its hosts. */
export async function withSync<T>(
  context: Context,
  options: SyncOptions,
  work: (prepared: PreparedSync, fleet: Fleet) => Promise<T>,
): Promise<T> {
  const sync = await loadSync(context, options.file)
  const configuration = await readConfiguration(context, sync, { maxStaleMs: options.maxStale })
  await using fleet = await syncFleet(context, sync, options)
  // Awaited here: otherwise the connections would be closed while the work goes on.
  return await work(await prepare(context, { sync, configuration, fleet }), fleet)
}

/** The hosts of -t, else those of the file. @throws OpsError E_NO_TARGETS, E_INVENTORY, E_NODE_SET, E_PLAN for a wave of nobody */
export async function syncFleet(
  context: Context,
  { conduct, path }: SyncFile,
  options: Omit<SyncOptions, 'maxStale'>,
): Promise<Fleet> {
  const targets = options.targets.length > 0 ? options.targets : [...(conduct.targets ?? [])]
  const fleet = await openFleet(context, { ...options, targets })
  await checkLabelWaves(context, { change: { ...conduct, path }, hosts: fleet.hosts, options })
  return fleet
}

/** For the data of a report. */
export const preparedData = ({ sync, configuration }: PreparedSync): { readonly [key: string]: Json } => ({
  file: sync.path,
  source: sourceData(configuration),
})

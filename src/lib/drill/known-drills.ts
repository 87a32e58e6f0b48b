import type { Context } from '../core/context.ts'
import type { Host } from '../core/host.ts'
import { recordedRuns } from '../fleet/index.ts'
import { ChangeLog, unfinishedChanges } from '../plan/index.ts'

/** A drill that has broken something that is not known to be whole again. */
export interface DrillResidue {
  readonly runId: string
  readonly name: string
  /** All that something stands on, as the journal knows them. */
  readonly hosts: readonly { readonly host: Host; readonly steps: readonly string[]; readonly lease?: string }[]
}

/** By the journals of this machine, oldest first. Those that are at work now are not among them. */
export async function drillResidue(context: Pick<Context, 'paths' | 'clock' | 'runId' | 'log'>): Promise<DrillResidue[]> {
  const found: DrillResidue[] = []
  for (const { runId, name } of await unfinishedChanges(context)) {
    const state = await ChangeLog.read(context.paths.state, runId)
    if (state.header?.plan.finally !== 'undo') continue
    const hosts = state.header.hosts.flatMap(host => {
      const steps = state.standing(host.name).map(({ step }) => step)
      const lease = state.lease(host.name)
      return steps.length === 0 && lease === undefined ? [] : { host, steps, ...(lease !== undefined && { lease }) }
    })
    found.push({ runId, name, hosts })
  }
  return found
}

export interface RunningDrill {
  readonly runId: string
  readonly title: string
  readonly startedAt: string
  readonly hosts: readonly string[]
}

/** So many runs are looked at for one that is still at work. */
const maxLooked = 200

export async function runningDrills({ paths, runId: own }: Pick<Context, 'paths' | 'runId'>): Promise<RunningDrill[]> {
  const found: RunningDrill[] = []
  let looked = 0
  for await (const { runId, title, startedAt, hosts, kind, state } of recordedRuns(paths.state)) {
    if (++looked > maxLooked) break
    if (kind === 'drill' && state === 'running' && runId !== own) found.push({ runId, title, startedAt, hosts })
  }
  return found
}

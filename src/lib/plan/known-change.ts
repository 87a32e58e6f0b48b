import type { Context } from '../core/context.ts'
import { OpsError } from '../core/errors.ts'
import type { Host } from '../core/host.ts'
import type { Report } from '../core/report.ts'
import { connectFleet, type FleetOptions, leftNoRecord, maxFailures } from '../fleet/index.ts'
import { buildPlan } from './built-plan.ts'
import { Change } from './change.ts'
import { ChangeLog } from './change-log.ts'
import type { ChangeState } from './change-state.ts'
import { lockHosts } from './locks.ts'
import { OwedHandlers } from './owed-handlers.ts'
import { isStanding } from './standing.ts'
import { tellUnfinished } from './unfinished.ts'

/** The flags that the work on a known change takes: its hosts and its limits are in its journal. */
type KnownOptions = Omit<FleetOptions, 'targets' | 'inventory' | 'limit' | 'shard' | 'allowEmpty' | 'timeout' | 'idleTimeout'>

/**
 * Takes back what stands of a change, from its journal alone: the change file and the inventory may be gone or have changed.
 * @throws OpsError E_USAGE when there is no such change, E_LOCKED while it runs
 */
export function undoChange(
  context: Context,
  runId: string,
  { force, ...options }: KnownOptions & { readonly force: boolean },
): Promise<Report> {
  return workOn(context, {
    runId,
    options,
    hostsOf: (hosts, state) => hosts.filter(({ name }) => isStanding(state, name)),
    work: change => change.undo({ force }),
  })
}

/**
 * Goes on with a change that was killed, from its journal alone: what is done stays done.
 * @throws OpsError as undoChange, and E_USAGE for a change that was taken back: to do it again is a decision of its own
 */
export function resumeChange(context: Context, runId: string, options: KnownOptions): Promise<Report> {
  const hostsOf = (hosts: readonly Host[], { end, header }: ChangeState): readonly Host[] => {
    if (header?.plan.finally === 'undo')
      throw new OpsError('E_USAGE', `${runId} was a drill: what it broke is healed, never broken again`, {
        hint: `\`opsctl undo ${runId}\` takes back what stands of it`,
      })
    if (end !== 'undone') return hosts
    throw new OpsError('E_USAGE', `the change ${runId} was taken back: there is nothing to go on with`, {
      hint: 'to make it again, run its change file again',
    })
  }
  return workOn(context, { runId, options, hostsOf, forwards: true, work: change => change.apply() })
}

interface Work {
  readonly runId: string
  readonly options: KnownOptions
  hostsOf(hosts: readonly Host[], state: ChangeState): readonly Host[]
  /** It calls what older changes owe, as one does that begins. */
  readonly forwards?: boolean
  work(change: Change): Promise<Report>
}

async function workOn(context: Context, { runId, options, hostsOf, forwards = false, work }: Work): Promise<Report> {
  const known = await ChangeLog.read(context.paths.state, runId)
  if (!known.header) throw await noChange(context, runId)
  await tellUnfinished(context, { except: runId })
  const { plan, settings } = known.header
  const { stepTimeoutMs, undoTimeoutMs } = settings
  const hosts = hostsOf(known.header.hosts, known)
  const sudoUser = options.sudoUser ?? settings.sudoUser
  const built = await buildPlan(context, plan)
  await using fleet = await connectFleet(context, hosts, { ...options, ...(sudoUser !== undefined && { sudoUser }) })
  await using _locks = await lockHosts(context, hosts)
  const owed = forwards ? await OwedHandlers.find(context, { plan, hosts, changeId: runId }) : undefined
  await using log = await ChangeLog.open(context, runId)
  const { concurrency } = options
  const { sudo } = fleet
  const allowed = maxFailures(options.maxFail ?? { count: 0 }, hosts.length)
  const change = new Change(context, {
    fleet,
    built,
    log,
    concurrency,
    stepTimeoutMs,
    undoTimeoutMs,
    maxFailures: allowed,
    ...(owed && { owed }),
    ...(sudo && { sudo }),
  })
  const report = await work(change)
  await owed?.answer(context, log.state)
  return report
}

async function noChange({ paths }: Context, runId: string): Promise<OpsError> {
  if (await leftNoRecord(paths.state, runId))
    return new OpsError('E_USAGE', `the run ${runId} left no record: there is nothing to take back`, {
      hint: 'the record of a change is on the disk before its first step',
    })
  return new OpsError('E_USAGE', `there is no change ${runId}`, { hint: '`opsctl runs list` shows the runs' })
}

import { rfc3339 } from '../core/clock.ts'
import type { Context } from '../core/context.ts'
import { OpsError } from '../core/errors.ts'
import type { Host } from '../core/host.ts'
import { thisMachine } from '../core/host.ts'
import type { Item } from '../core/item.ts'
import { type Report, ReportFold } from '../core/report.ts'
import { ofShard, type Shard, shardText } from '../core/shard.ts'
import { connectFleet, type Fleet, readSecret, selectHosts } from '../fleet/index.ts'
import { SharedThings } from '../run/shared-things.ts'
import { askedChecks } from './asked-checks.ts'
import type { AskedCheck } from './file/asked-check.ts'
import type { ProbeOptions } from './options.ts'
import { ProbeTally } from './probe-tally.ts'
import type { ProbedCheck } from './probed-check.ts'
import { runProbe } from './run-probe.ts'
import { shareOfChecks } from './share-of-checks.ts'
import { isTold, type Unit, unitsOf } from './unit.ts'

/**
 * Looks once at everything that is asked for. Each judgement is an item; trouble is a verdict, never a throw.
 * @throws OpsError E_USAGE, E_PLAN, and those of openFleet
 */
export async function probe(context: Context, options: ProbeOptions): Promise<Report> {
  const asked = await askedChecks(context, options)
  await using opened = await openProbe(context, asked, options)
  return await probeOnce(context, opened, { ...options, onItem: item => context.emit(item) })
}

/** Checks with the hosts that they look at, and connections to those. */
export interface OpenedProbe extends AsyncDisposable {
  readonly checks: readonly ProbedCheck[]
  readonly fleet: Fleet
  readonly shared: SharedThings
  /** They are this share only of what was asked for. */
  readonly shard?: Shard
}

/** Selects the hosts, and of all checks the share that is asked for. Nothing is contacted yet. */
export async function openProbe(context: Context, asked: readonly AskedCheck[], options: ProbeOptions): Promise<OpenedProbe> {
  const { shard } = options
  const checks = await withHosts(context, asked, options)
  const hosts = new Map(checks.flatMap(check => (check.hosts ?? []).map(host => [host.name, host])))
  const fleet = await connectFleet(context, hosts.size > 0 ? [...hosts.values()] : [thisMachine], options)
  const shared = new SharedThings()
  return {
    checks,
    fleet,
    shared,
    ...(shard && { shard }),
    async [Symbol.asyncDispose]() {
      await shared[Symbol.asyncDispose]()
      await fleet[Symbol.asyncDispose]()
    },
  }
}

/**
 * The checks with the hosts that they look at, by the inventory as it is now; of all of them the share that is asked for.
 * @throws OpsError as openFleet
 */
export async function withHosts(
  context: Context,
  asked: readonly AskedCheck[],
  { select: known, ...options }: ProbeOptions & { readonly select?: SelectHosts },
): Promise<readonly ProbedCheck[]> {
  const select = known ?? hostSelector(context, options)
  const checks: ProbedCheck[] = []
  for (const { isEndpoint, from, targets, place, ...check } of asked) {
    const hosts =
      check.check.isHeard || (isEndpoint && from === 'here') ? undefined : await select(targets, { isEndpoint, place })
    checks.push({ ...check, ...(hosts && { hosts }) })
  }
  return options.shard ? shareOf(context, checks, { shard: options.shard, asked }) : checks
}

function shareOf(
  { log }: Context,
  checks: readonly ProbedCheck[],
  { shard, asked }: { readonly shard: Shard; readonly asked: readonly AskedCheck[] },
): readonly ProbedCheck[] {
  const endpoints = new Set(asked.flatMap(({ name, isEndpoint, check }) => (isEndpoint || check.isHeard ? [name] : [])))
  const mine = shareOfChecks(checks, { shard, endpoints })
  if (mine.length === 0 && checks.length > 0) log('warn', `shard ${shardText(shard)} is empty: every check is in another one`)
  return mine
}

export type SelectHosts = (
  targets: readonly string[] | undefined,
  check: { readonly isEndpoint: boolean; readonly place: string | undefined },
) => Promise<readonly Host[]>

/**
 * The hosts of a check: its own targets, else those of -t, else this machine. The inventory is read when it is first needed; the same
 * targets are the same hosts from then on.
 */
export function hostSelector(context: Context, { shard: _, ...options }: ProbeOptions): SelectHosts {
  const known = new Map<string, Promise<readonly Host[]>>()
  return (own, { isEndpoint, place }) => {
    const targets = own ?? options.targets
    if (targets.length === 0 && isEndpoint) {
      throw new OpsError('E_NO_TARGETS', `${place ? `${place}: ` : ''}from the host, and no host is named`, {
        hint: 'name hosts with -t, or with targets: in the file',
      })
    }
    if (targets.length === 0) return Promise.resolve([thisMachine])
    const key = JSON.stringify(targets)
    const found = known.get(key) ?? selectHosts(context, { ...options, targets: [...targets] })
    known.set(key, found)
    // What could not be read may be read the next time.
    found.catch(() => known.delete(key))
    return found
  }
}

interface Round {
  /** Endpoints at a time, and hosts at a time. */
  readonly concurrency: number
  readonly onItem?: (item: Item) => Promise<void>
  readonly trace?: (line: string) => void
  /** Where there are several. */
  readonly round?: number
}

/** One round of all checks, as a report. */
export async function probeOnce(
  context: Context,
  opened: OpenedProbe,
  { concurrency, onItem, trace, round }: Round,
): Promise<Report> {
  const { clock } = context
  const { checks, fleet, shared, shard } = opened
  const started = clock.monotonic()
  const startedAt = rfc3339(clock.now())
  const fold = new ReportFold()
  const units = checks.flatMap(unitsOf)
  const tally = new ProbeTally({ clock, total: units.length, onChange: state => context.progress.update(state) })
  const forget = context.onInterrupt(() => tally.pending())
  await runProbe(context, {
    checks,
    connector: fleet.connector,
    signal: fleet.signal,
    ...(fleet.sudo && { sudo: fleet.sudo }),
    shared,
    secret: reference => readSecret(context, reference),
    endpoints: concurrency,
    hosts: concurrency,
    ...(trace && { trace }),
    ...(round !== undefined && { round }),
    onItem: async item => {
      fold.add(item)
      await onItem?.(item)
    },
    tally,
  }).finally(forget)
  const { signal } = fleet
  const report: Report = {
    kind: 'probe',
    version: 1,
    runId: context.runId,
    title: titleOf(units.filter(isTold)),
    startedAt,
    durationMs: Math.round(clock.monotonic() - started),
    counts: fold.counts,
    items: inOrder(fold.items(), { checks, hosts: fleet.hosts }),
    omitted: fold.omitted,
    changed: false,
    ...(signal.aborted &&
      signal.reason instanceof OpsError && { stopped: { exit: signal.reason.exit, message: signal.reason.message } }),
  }
  return ofShard(report, shard)
}

/** By host, those of no host first, and on each as the checks were asked for: in whatever order answers came. */
function inOrder(
  items: readonly Item[],
  { checks, hosts }: { readonly checks: readonly ProbedCheck[]; readonly hosts: readonly Host[] },
): Item[] {
  const ofHost = new Map(hosts.map(({ name }, index) => [name, index]))
  const ofCheck = new Map(checks.map(({ name }, index) => [name, index]))
  const place = ({ host, labels }: Item): readonly [number, number] => [
    host === undefined ? -1 : (ofHost.get(host) ?? hosts.length),
    ofCheck.get(labels?.['check'] ?? '') ?? checks.length,
  ]
  const placed = items.map(item => ({ item, at: place(item) }))
  return placed
    .sort(({ at: [host, check] }, { at: [otherHost, otherCheck] }) => host - otherHost || check - otherCheck)
    .map(({ item }) => item)
}

function titleOf(units: readonly Unit[]): string {
  const [first] = units
  if (first && units.length === 1) return first.probed.name
  const { size: checks } = new Set(units.map(({ probed }) => probed.name))
  return units.length === checks ? `${checks} checks` : `${checks} checks in ${units.length} places`
}

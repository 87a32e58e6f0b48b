import { rfc3339 } from '../core/clock.ts'
import type { Context } from '../core/context.ts'
import { formatDuration } from '../core/duration.ts'
import { OpsError } from '../core/errors.ts'
import type { Host } from '../core/host.ts'
import type { Item } from '../core/item.ts'
import { type Report, ReportFold } from '../core/report.ts'
import { ofShard } from '../core/shard.ts'
import { FanOut } from '../run/fan-out.ts'
import type { Fleet } from './fleet.ts'
import { type HostResult, HostVisit, maxFailResult, stoppedResult } from './host-visit.ts'
import { RunRecord } from './run-record.ts'

/** What is done on every host of a fleet at once. */
export interface FleetWork {
  /** Of the report; also the name of its items. */
  readonly kind: string
  readonly title: string
  readonly fleet: Fleet
  readonly concurrency: number
  readonly maxFailures: number
  /** A look at what would be done: not a run that `@failed` could mean. */
  readonly dryRun?: boolean
  /** The work on one host. What it throws becomes the failure of that host. */
  visit(visit: HostVisit): Promise<HostResult>
  /** What the report holds of a host: its item when absent. */
  itemsOf?(item: Item): readonly Item[]
}

/**
 * Hosts after whose end memory is freed. What a connection leaves behind has outlived a few collections by then, so the runtime takes it
 * for long-lived and looks at it again only when the heap has doubled: 500 hosts would hold 12 MiB more.
 */
const collectEvery = 32

/** Works on all hosts, records who answered, and folds the results. Every host gives exactly one Item; the report tells the whole. */
export async function runOnFleet(context: Context, work: FleetWork): Promise<Report> {
  const { clock } = context
  const { kind, title, fleet } = work
  const names = fleet.hosts.map(host => host.name)
  const started = clock.monotonic()
  const startedAt = rfc3339(clock.now())
  const fold = new ReportFold()
  let done = 0
  await using record = work.dryRun ? undefined : await RunRecord.start(context, { kind, title, hosts: names })
  let lostOutput: OpsError | undefined
  const onLostOutput = (error: OpsError): void => {
    lostOutput ??= error
  }
  const fanOut = new FanOut<Host, Item>({
    targets: fleet.hosts,
    concurrency: work.concurrency,
    clock,
    signal: fleet.signal,
    maxFailures: work.maxFailures,
    task: (host, tracker) => new HostVisit({ context, fleet, host, tracker, onLostOutput }).item(kind, work.visit),
    skipped: (host, why) =>
      skippedItem(context, { kind, host, why: why === 'max-fail' ? maxFailResult : stoppedResult(fleet.signal) }),
    isFailure: item => item.outcome === 'failed',
    onResult: async item => {
      record?.add(item)
      for (const part of work.itemsOf?.(item) ?? [item]) {
        fold.add(part)
        await context.emit(part)
      }
      if (item.outcome !== 'skipped' && ++done % collectEvery === 0) context.collectGarbage()
    },
    onProgress: state => context.progress.update(state),
  })
  const forget = context.onInterrupt(() => pendingText(fanOut))
  try {
    await fanOut.run()
  } finally {
    forget()
  }
  const { fail = 0, unknown = 0, ...others } = fold.counts.byVerdict
  if (fail + unknown + Object.keys(others).length > 0) record?.judged({ fail, unknown })
  const report: Report = {
    kind,
    version: 1,
    runId: context.runId,
    title,
    startedAt,
    durationMs: Math.round(clock.monotonic() - started),
    counts: fold.counts,
    items: fold.items(names),
    omitted: fold.omitted,
    changed: (fold.counts.byOutcome.changed ?? 0) > 0,
    ...stoppedBy(fleet.signal.aborted ? fleet.signal.reason : lostOutput),
  }
  return ofShard(report, fleet.shard)
}

function skippedItem({ clock }: Context, skip: { readonly kind: string; readonly host: Host; readonly why: HostResult }): Item {
  const { kind, host, why } = skip
  return {
    path: host.name,
    host: host.name,
    name: kind,
    startedAt: rfc3339(clock.now()),
    durationMs: 0,
    ...why,
    outcome: 'skipped',
  }
}

/** What cut the run short, or lost a part of what it was to write here. */
function stoppedBy(reason: unknown): Pick<Report, 'stopped'> {
  return reason instanceof OpsError ? { stopped: { exit: reason.exit, message: reason.message } } : {}
}

/** For the first Ctrl-C: who is still running, in which phase, and how many wait. */
function pendingText(fanOut: FanOut<Host, Item>): string {
  const pending = fanOut.pending()
  const lines = pending.slice(0, 20).map(({ name, phase, forMs }) => `  ${name}: ${phase} for ${formatDuration(forMs)}`)
  const more = pending.length > 20 ? [`  and ${pending.length - 20} more`] : []
  return [`${pending.length} running, ${fanOut.waiting} not started`, ...lines, ...more].join('\n')
}

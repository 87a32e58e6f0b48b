import { rfc3339 } from '../core/clock.ts'
import type { Context } from '../core/context.ts'
import { formatDuration } from '../core/duration.ts'
import { OpsError } from '../core/errors.ts'
import type { Host } from '../core/host.ts'
import type { Item } from '../core/item.ts'
import { type Report, ReportFold } from '../core/report.ts'
import type { Fleet } from '../fleet/fleet.ts'
import { RunRecord } from '../fleet/history.ts'
import { FanOut } from '../run/fan-out.ts'
import { collate } from './collate.ts'
import type { ExecRequest } from './request.ts'
import { runOnHost, stopped } from './run-on-host.ts'

export interface Execution {
  readonly fleet: Fleet
  readonly request: ExecRequest
  readonly concurrency: number
  readonly maxFailures: number
}

/** Runs one command on all hosts of a fleet at once. Every host gives exactly one Item; the report tells the whole. */
export async function execute(context: Context, { fleet, request, concurrency, maxFailures }: Execution): Promise<Report> {
  const { clock } = context
  const started = clock.monotonic()
  const startedAt = rfc3339(clock.now())
  const fold = new ReportFold()
  await using record = await RunRecord.start(context, { kind: 'exec', title: request.title, hosts: fleet.hosts.map(host => host.name) })
  const nameWidth = Math.min(24, Math.max(0, ...fleet.hosts.map(host => host.name.length)))
  const { connector, signal, sudo } = fleet
  const shared = { context, connector, signal, request, nameWidth, ...(sudo && { sudo }) }
  const fanOut = new FanOut<Host, Item>({
    targets: fleet.hosts,
    concurrency,
    clock,
    signal: fleet.signal,
    maxFailures,
    task: (host, tracker) => runOnHost({ ...shared, host, tracker }),
    skipped: (host, why) => skippedItem(context, host, why === 'max-fail' ? maxFail : stopped(fleet.signal)),
    isFailure: item => item.outcome === 'failed',
    onResult: async item => {
      fold.add(item)
      record.add(item)
      await context.emit(item)
    },
    onProgress: state => context.progress.update(state),
  })
  const forget = context.onInterrupt(() => pendingText(fanOut))
  try {
    await fanOut.run()
  } finally {
    forget()
  }
  const items = fold.items(fleet.hosts.map(host => host.name))
  return {
    kind: 'exec',
    version: 1,
    runId: context.runId,
    title: request.title,
    startedAt,
    durationMs: Math.round(clock.monotonic() - started),
    counts: fold.counts,
    items,
    omitted: fold.omitted,
    changed: false,
    ...(request.view === 'collate' && { blocks: await collate(items, { outputs: context.outputs, diff: request.diff }) }),
    ...stoppedBy(fleet.signal),
  }
}

const maxFail = { outcome: 'skipped', reason: 'max-fail', message: 'not started: more hosts failed than --max-fail allows' } as const

function skippedItem({ clock }: Context, host: Host, why: Pick<Item, 'outcome' | 'reason' | 'message'>): Item {
  return { path: host.name, host: host.name, name: 'exec', startedAt: rfc3339(clock.now()), durationMs: 0, ...why, outcome: 'skipped' }
}

function stoppedBy(signal: AbortSignal): Pick<Report, 'stopped'> {
  if (!signal.aborted || !(signal.reason instanceof OpsError)) return {}
  return { stopped: { exit: signal.reason.exit, message: signal.reason.message } }
}

/** For the first Ctrl-C: who is still running, in which phase, and how many wait. */
function pendingText(fanOut: FanOut<Host, Item>): string {
  const pending = fanOut.pending()
  const lines = pending.slice(0, 20).map(({ name, phase, forMs }) => `  ${name}: ${phase} for ${formatDuration(forMs)}`)
  const more = pending.length > 20 ? [`  and ${pending.length - 20} more`] : []
  return [`${pending.length} running, ${fanOut.waiting} not started`, ...lines, ...more].join('\n')
}

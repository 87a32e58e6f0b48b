import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { rfc3339 } from '../core/clock.ts'
import type { Context } from '../core/context.ts'
import { errnoOf } from '../core/errno.ts'
import { OpsError } from '../core/errors.ts'
import type { Log } from '../core/io.ts'
import type { Item } from '../core/item.ts'
import { type Report, ReportFold } from '../core/report.ts'
import { Deadline } from '../run/deadline.ts'
import { acquireLock } from '../run/lock.ts'
import { ledgerItem } from './ledger-item.ts'
import type { LogServerFlags } from './options.ts'
import type { Pipeline } from './pipeline/pipeline.ts'
import { RunningPipeline } from './running-pipeline.ts'
import type { ServedPipeline } from './serve/open-log-server.ts'
import { Store } from './store/store.ts'
import { openTaps } from './tap/open-taps.ts'
import { Taps } from './tap/taps.ts'

export interface PipelineRun {
  readonly pipeline: Pipeline
  /** Where it keeps what it remembers. */
  readonly directory: string
  /** Goes on at the end of everything, until it is told to stop. */
  readonly follow: boolean
  /** Reads the file of the pipeline anew, for SIGHUP: what it throws is told, and the old one goes on. Absent: SIGHUP ends the run. */
  readonly readAnew?: () => Promise<Pipeline>
  /** Where it answers Prometheus and whoever asks for its health; absent: nowhere. */
  readonly server?: LogServerFlags
  /** It ends after so many milliseconds, delivered or not. */
  readonly deadlineMs?: number
}

/** Reads, and delivers, until there is nothing more or it is told to stop. @throws OpsError E_LOCKED, E_STATE, and those of sinks */
export async function runPipeline(context: Context, run: PipelineRun): Promise<Report> {
  const { clock, log, runId } = context
  const { pipeline, directory, follow, readAnew, server, deadlineMs = 0 } = run
  const startedAtMs = clock.now()
  const startedAt = rfc3339(startedAtMs)
  const began = clock.monotonic()
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  await using _lock = await acquireLock(join(directory, 'lock'), { runId, command: 'ship-logs', clock })
  using store = new Store(join(directory, 'state.db'))
  const deadBefore = new Map(store.ledger().map(row => [`${row.source} > ${row.sink}`, row.dead]))
  const reason = (): OpsError => new OpsError('E_DEADLINE', 'not everything was read and delivered before the deadline')
  using deadline = new Deadline(clock, { ms: deadlineMs, signal: context.signal, reason })
  const { signal } = deadline
  let ended: Pick<RunningPipeline, 'failures' | 'unfinished'>
  {
    const taps = new Taps()
    await using running = await RunningPipeline.start({ context, directory, store, follow, signal, taps }, pipeline)
    await using _taps = await openTaps({ directory, taps, pipeline: () => running.pipeline, clock, log })
    const reloads = { good: 0, bad: 0 }
    await using _server = server && (await serve(context, server, { running, store, reloads, startedAt: startedAtMs }))
    const takenBack = readAnew && context.onReload(() => void reload(running, { readAnew, log, reloads }))
    try {
      await running.finished()
    } finally {
      takenBack?.()
    }
    ended = { failures: running.failures, unfinished: running.unfinished }
  }
  const look = { startedAt, durationMs: Math.round(clock.monotonic() - began) }
  const fold = new ReportFold()
  for (const [source, error] of ended.failures) fold.add(failedSource(source, error, look))
  for (const row of store.ledger()) {
    const died = row.dead - (deadBefore.get(`${row.source} > ${row.sink}`) ?? 0)
    const isUnfinished = !follow && ended.unfinished.has(row.sink)
    fold.add(ledgerItem(row, { ...look, gaps: store.gaps(row.source), died, isUnfinished }))
  }
  const stop: unknown = signal.reason
  return {
    kind: 'ship-logs',
    version: 1,
    runId,
    title: 'ship-logs',
    ...look,
    counts: fold.counts,
    items: fold.items(),
    omitted: fold.omitted,
    changed: false,
    ...(stop instanceof OpsError && { stopped: { exit: stop.exit, message: stop.message } }),
  }
}

/** Loaded only where somebody is to be answered. */
async function serve(context: Context, flags: LogServerFlags, served: ServedPipeline): Promise<AsyncDisposable> {
  const { openLogServer } = await import('./serve/open-log-server.ts')
  return openLogServer(context, flags, served)
}

async function reload(
  running: RunningPipeline,
  {
    readAnew,
    log,
    reloads,
  }: { readonly readAnew: () => Promise<Pipeline>; readonly log: Log; readonly reloads: { good: number; bad: number } },
): Promise<void> {
  try {
    await running.reload(await readAnew())
    reloads.good++
    log('warn', 'the pipeline was read anew')
  } catch (error) {
    reloads.bad++
    log('error', 'the new pipeline is not taken: the old one goes on', {
      problem: error instanceof Error ? error.message : String(error),
    })
  }
}

const failedSource = (source: string, error: unknown, look: Pick<Item, 'startedAt' | 'durationMs'>): Item => ({
  path: source,
  name: source,
  outcome: 'failed',
  reason: errnoOf(error) === 'ENOENT' ? 'missing' : 'unreadable',
  message: error instanceof Error ? error.message : String(error),
  ...look,
})

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Context } from '../core/context.ts'
import { errnoOf } from '../core/errno.ts'
import { OpsError } from '../core/errors.ts'
import type { Log } from '../core/io.ts'
import type { Item } from '../core/item.ts'
import type { Report } from '../core/report.ts'
import { cannotWrite } from '../run/cannot-write.ts'
import { Deadline } from '../run/deadline.ts'
import { acquireLock } from '../run/lock.ts'
import { amount } from './amount.ts'
import { ledgerItem } from './ledger-item.ts'
import type { LogServerFlags } from './options.ts'
import type { Pipeline } from './pipeline/pipeline.ts'
import { RunningPipeline } from './running-pipeline.ts'
import type { ServedPipeline } from './serve/open-log-server.ts'
import { ShipResult } from './ship-result.ts'
import type { LedgerRow } from './store/rows.ts'
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
  const startedAt = clock.now()
  const result = new ShipResult(context)
  makeDirectory(directory)
  await using _lock = await acquireLock(join(directory, 'lock'), { runId, command: 'ship-logs', clock })
  using store = new Store(join(directory, 'state.db'))
  const before = store.ledger()
  const reason = (): OpsError => new OpsError('E_DEADLINE', 'not everything was read and delivered before the deadline')
  using deadline = new Deadline(clock, { ms: deadlineMs, signal: context.signal, reason })
  const { signal } = deadline
  let ended: Pick<RunningPipeline, 'failures' | 'unfinished' | 'pipeline'>
  {
    const taps = new Taps()
    await using running = await RunningPipeline.start({ context, directory, store, follow, signal, taps }, pipeline)
    await using _taps = await openTaps({ directory, taps, pipeline: () => running.pipeline, clock, log })
    const reloads = { good: 0, bad: 0 }
    await using _server = server && (await serve(context, server, { running, store, reloads, startedAt }))
    if (follow) log('notice', begins(pipeline))
    const takenBack = readAnew && context.onReload(() => void reload(running, { readAnew, log, reloads }))
    try {
      await running.finished()
    } finally {
      takenBack?.()
    }
    ended = { failures: running.failures, unfinished: running.unfinished, pipeline: running.pipeline }
  }
  const { look } = result
  for (const [source, error] of ended.failures) result.add(failedSource(source, error, look))
  for (const row of rowsOf(ended.pipeline, store.ledger())) {
    const isUnfinished = !follow && ended.unfinished.has(row.sink)
    const former = before.find(({ source, sink }) => source === row.source && sink === row.sink)
    result.add(ledgerItem(row, { ...look, gaps: store.gaps.of(row.source), before: former, isUnfinished }))
  }
  return result.report(signal)
}

/** @throws OpsError E_STATE */
function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw cannotWrite({ path, error, code: 'E_STATE' })
  }
}

/** What the pipeline reads and delivers now, though nothing came yet; what it did once stands in its status. */
function rowsOf({ sources, sinks }: Pipeline, ledger: readonly LedgerRow[]): LedgerRow[] {
  const none = { lines: 0, bytes: 0, records: 0, delivered: 0, dead: 0, spooled: 0, dropped: 0 }
  return sources.flatMap(({ name: source }) =>
    sinks
      .filter(sink => sink.sources?.includes(source) ?? true)
      .map(({ name: sink }) => ledger.find(row => row.source === source && row.sink === sink) ?? { source, sink, ...none }),
  )
}

/** `web (/var/log/nginx/*.log)`, or how many where they are more than a line holds. */
const told = (ends: readonly { readonly name: string; readonly title: string }[], noun: string): string =>
  ends.length > 4 ? amount(ends.length, noun) : ends.map(({ name, title }) => `${name} (${title})`).join(', ')

const begins = ({ sources, sinks }: Pipeline): string =>
  `following ${told(
    sources.map(({ name, source: { title } }) => ({ name, title })),
    'source',
  )}; delivering to ${told(
    sinks.map(({ name, sink: { title } }) => ({ name, title })),
    'sink',
  )}`

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

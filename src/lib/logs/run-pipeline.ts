import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { rfc3339 } from '../core/clock.ts'
import type { Context } from '../core/context.ts'
import { OpsError } from '../core/errors.ts'
import { type Report, ReportFold } from '../core/report.ts'
import { readSecret } from '../fleet/index.ts'
import { acquireLock } from '../run/lock.ts'
import { SharedThings } from '../run/shared-things.ts'
import type { Chunk } from './delivery/chunk.ts'
import { Lane } from './delivery/lane.ts'
import { Intake } from './intake/intake.ts'
import { StreamBook } from './intake/stream-book.ts'
import { ledgerItem } from './ledger-item.ts'
import type { Pipeline } from './pipeline/pipeline.ts'
import { Store } from './store/store.ts'

export interface PipelineRun {
  readonly pipeline: Pipeline
  /** Where it keeps what it remembers. */
  readonly directory: string
  /** Goes on at the end of everything, until it is told to stop. */
  readonly follow: boolean
}

/** Reads, and delivers, until there is nothing more or it is told to stop. @throws OpsError E_LOCKED, E_STATE, and those of sources and sinks */
export async function runPipeline(context: Context, { pipeline, directory, follow }: PipelineRun): Promise<Report> {
  const { clock, log, paths, random, signal, io } = context
  const startedAt = clock.now()
  const began = clock.monotonic()
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  await using _lock = await acquireLock(join(directory, 'lock'), { runId: context.runId, command: 'ship-logs', clock })
  using store = new Store(join(directory, 'state.db'))
  await using shared = new SharedThings()
  await using open = new AsyncDisposableStack()
  const lanes = new Map<string, Lane>()
  const books: StreamBook[] = []
  for (const { name, sink } of pipeline.sinks) {
    const { state } = store.sink(name)
    const place = {
      name,
      clock,
      random,
      log,
      cwd: paths.cwd,
      shared,
      secret: readSecret.bind(undefined, context),
      stdout: (bytes: Uint8Array) => io.stdout.write(bytes),
    }
    const opened = open.use(await sink.open({ ...place, ...(state !== undefined && { state }) }))
    const onDelivered = (streams: readonly string[]): void => {
      for (const stream of streams) for (const book of books) book.forgetDelivered(stream)
    }
    lanes.set(name, new Lane({ name, sink: opened, limits: sink.limits, store, clock, log, signal, onDelivered }))
  }
  for (const warning of pipeline.rules?.warnings ?? []) log('warn', warning)
  const secret = readSecret.bind(undefined, context)
  const rules = await pipeline.rules?.open({ clock, log, random, directory, runId: context.runId, secret, shared })
  if (rules) open.use(rules)
  const failures = await Promise.allSettled(
    pipeline.sources.map(async source => {
      const mine = pipeline.sinks.filter(({ sources }) => sources?.includes(source.name) ?? true).map(({ name }) => name)
      const book = new StreamBook({ store, clock, source: source.name, sinks: mine })
      books.push(book)
      const place = {
        name: source.name,
        clock,
        random,
        signal,
        log,
        cwd: paths.cwd,
        streams: book,
        follow,
        framing: source.framing,
        context,
      }
      const offer = async (chunk: Chunk): Promise<void> => {
        for (const name of mine) await lanes.get(name)?.offer(chunk)
      }
      await new Intake({ source, book, place, store, log, offer, ...(rules && { rules }) }).run()
    }),
  )
  for (const lane of lanes.values()) await lane.drained()
  const fold = new ReportFold()
  const look = { startedAt: rfc3339(startedAt), durationMs: Math.round(clock.monotonic() - began) }
  for (const row of store.ledger()) fold.add(ledgerItem(row, { ...look, gaps: store.gaps(row.source) }))
  for (const failure of failures) if (failure.status === 'rejected') throw failure.reason
  const stop: unknown = signal.reason
  return {
    kind: 'ship-logs',
    version: 1,
    runId: context.runId,
    title: 'ship-logs',
    ...look,
    counts: fold.counts,
    items: fold.items(),
    omitted: fold.omitted,
    changed: false,
    ...(stop instanceof OpsError && { stopped: { exit: stop.exit, message: stop.message } }),
  }
}

/** Where a pipeline keeps what it remembers: one directory for each file, by its name. */
export const pipelineDirectory = ({ paths }: Pick<Context, 'paths'>, file: string): string =>
  join(
    paths.state,
    'ship-logs',
    resolve(paths.cwd, file)
      .replaceAll(/[^A-Za-z0-9._-]+/g, '_')
      .replace(/^_/, ''),
  )

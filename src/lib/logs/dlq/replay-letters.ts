import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { rfc3339 } from '../../core/clock.ts'
import type { Context } from '../../core/context.ts'
import { OpsError } from '../../core/errors.ts'
import type { Item } from '../../core/item.ts'
import { type Report, ReportFold } from '../../core/report.ts'
import { confirm } from '../../plan/index.ts'
import { Deadline } from '../../run/deadline.ts'
import { acquireLock, type ProcessLock } from '../../run/lock.ts'
import { SharedThings } from '../../run/shared-things.ts'
import { DeadLetters, readDeadLetters } from '../delivery/dead-letters.ts'
import { openSink } from '../open-lane.ts'
import type { DlqReplayOptions } from '../options.ts'
import type { Pipeline, PipelineSink } from '../pipeline/pipeline.ts'
import { readPipeline } from '../pipeline/read-pipeline.ts'
import { pipelineDirectory } from '../pipeline-directory.ts'
import { Store } from '../store/store.ts'
import { LetterBook, takes } from './letter-book.ts'
import { letterFilter } from './letter-filter.ts'
import { type Replayed, replayToSink } from './replay-to-sink.ts'

/** Offers dead letters to their sinks again, or tells how many it would. @throws OpsError E_LOCKED, E_CONFIRM, E_CONFIG, E_STATE */
export async function replayLetters(context: Context, options: DlqReplayOptions): Promise<Report> {
  const { pipeline: file, dryRun, deadline: deadlineMs, ...choice } = options
  const pipeline = await readPipeline(context, file)
  const replay = new Replay({ context, pipeline, directory: pipelineDirectory(context, file) })
  const filter = letterFilter(choice, context.clock.now())
  const offered = await replay.counted(filter)
  if (dryRun || offered.meant === 0) return tell(context, replay.report(offered, 'would be offered'))
  const many = offered.meant === 1 ? '1 dead letter' : `${offered.meant} dead letters`
  const names = [...offered.bySink.keys()].join(', ')
  await confirm(context, `offer ${many} again${names === '' ? '' : ` to ${names}`}?`)
  return tell(context, await replay.run({ filter, deadlineMs, offered }))
}

/** What went well is seen too; of what did not the renderer tells. */
async function tell({ live }: Context, report: Report): Promise<Report> {
  const text = report.items
    .filter(({ outcome }) => outcome !== 'failed')
    .map(({ name, message = '' }) => `${name}: ${message}\n`)
    .join('')
  if (live.active && text !== '') await live.write('stdout', Buffer.from(text))
  return report
}

interface Counted {
  readonly meant: number
  readonly bySink: ReadonlyMap<string, number>
  /** Refused by sinks that the pipeline has no more. */
  readonly orphans: ReadonlyMap<string, number>
}

class Replay {
  readonly #context: Context
  readonly #pipeline: Pipeline
  readonly #directory: string
  readonly #startedAt: string
  readonly #began: number

  constructor({ context, pipeline, directory }: { context: Context; pipeline: Pipeline; directory: string }) {
    this.#context = context
    this.#pipeline = pipeline
    this.#directory = directory
    this.#startedAt = rfc3339(context.clock.now())
    this.#began = context.clock.monotonic()
  }

  async counted(filter: ReturnType<typeof letterFilter>): Promise<Counted> {
    const [bySink, orphans] = [new Map<string, number>(), new Map<string, number>()]
    let meant = 0
    const directory = join(this.#directory, 'dead')
    if (!existsSync(directory)) return { meant, bySink, orphans }
    const { sinks } = this.#pipeline
    for await (const { letter } of readDeadLetters(directory, filter)) {
      this.#context.signal.throwIfAborted()
      meant++
      if (letter.sink !== undefined && !sinks.some(({ name }) => name === letter.sink)) add(orphans, letter.sink)
      const targets =
        letter.sink === undefined
          ? sinks.filter(sink => (sink.sources?.includes(letter.source) ?? true) && takes(sink, letter))
          : sinks.filter(({ name }) => name === letter.sink)
      for (const { name } of targets) add(bySink, name)
    }
    return { meant, bySink, orphans }
  }

  async run({
    filter,
    deadlineMs,
    offered,
  }: {
    readonly filter: ReturnType<typeof letterFilter>
    readonly deadlineMs: number
    readonly offered: Counted
  }): Promise<Report> {
    const { clock, log, signal: outer, runId } = this.#context
    await using _lock = await this.#lock()
    using store = new Store(join(this.#directory, 'state.db'))
    const reason = (): OpsError => new OpsError('E_DEADLINE', 'not every letter was answered before the deadline')
    using deadline = new Deadline(clock, { ms: deadlineMs, signal: outer, reason })
    const { signal } = deadline
    const lock = (path: string) => acquireLock(path, { runId, command: 'ship-logs dlq replay', clock })
    // No letter may wait for room that only this very replay makes.
    const maxBytes = Number.POSITIVE_INFINITY
    await using letters = new DeadLetters({ directory: join(this.#directory, 'dead'), clock, log, lock, signal, maxBytes })
    await using shared = new SharedThings()
    const book = new LetterBook({ letters, store, sinks: this.#pipeline.sinks })
    await book.recover()
    const unwanted = await book.share(filter)
    const wanted = this.#pipeline.sinks.filter(({ name }) => offered.bySink.has(name))
    const ends = await Promise.all(
      wanted.map(async definition => {
        const end = await this.#replayTo(definition, { store, shared, letters, signal, book, filter })
        return [definition.name, end] as const
      }),
    )
    await letters.tidy()
    const stop: unknown = outer.reason
    return this.report(offered, 'offered', {
      ...{ ends: new Map(ends), unwanted },
      ...(stop instanceof OpsError && { stopped: { exit: stop.exit, message: stop.message } }),
    })
  }

  async #replayTo(
    definition: PipelineSink,
    place: {
      readonly store: Store
      readonly shared: SharedThings
      readonly letters: DeadLetters
      readonly signal: AbortSignal
      readonly book: LetterBook
      readonly filter: ReturnType<typeof letterFilter>
    },
  ): Promise<Replayed> {
    const { store, shared, letters, signal, book, filter } = place
    const { name } = definition
    await using sink = await openSink(this.#context, definition, { store, shared })
    if (sink.state !== undefined) store.commit({ sink: name, advances: [], state: sink.state })
    const batches = book.of(name, filter)
    return await replayToSink(
      { context: this.#context, name, sink, limits: definition.sink.limits, letters, store, signal },
      batches,
    )
  }

  async #lock(): Promise<ProcessLock> {
    const { clock, runId } = this.#context
    try {
      return await acquireLock(join(this.#directory, 'lock'), { runId, command: 'ship-logs dlq replay', clock })
    } catch (error) {
      if (!(error instanceof OpsError) || error.code !== 'E_LOCKED') throw error
      throw new OpsError('E_LOCKED', `the pipeline runs: ${error.message}`, {
        hint: 'stop it first: letters are offered by one process alone',
        ...(error.data && { data: error.data }),
        cause: error,
      })
    }
  }

  report(
    offered: Counted,
    does: string,
    done: {
      readonly ends?: ReadonlyMap<string, Replayed>
      readonly unwanted?: number
      readonly stopped?: { readonly exit: number; readonly message: string }
    } = {},
  ): Report {
    const { ends = new Map<string, Replayed>(), unwanted = 0, stopped } = done
    const fold = new ReportFold()
    const look = { startedAt: this.#startedAt, durationMs: Math.round(this.#context.clock.monotonic() - this.#began) }
    for (const [name, count] of offered.bySink) fold.add(sinkItem(name, { does, count, end: ends.get(name), look }))
    for (const [name, count] of offered.orphans)
      fold.add({
        path: name,
        name,
        outcome: 'skipped',
        message: `${count} kept: the pipeline has no such sink any more`,
        ...look,
      })
    if (unwanted > 0)
      fold.add({
        path: 'no sink',
        name: 'no sink',
        outcome: 'ok',
        message: `${unwanted} removed: no sink would get them`,
        ...look,
      })
    if (offered.meant === 0)
      fold.add({ path: 'dead letters', name: 'dead letters', outcome: 'ok', message: 'there are none', ...look })
    return {
      kind: 'ship-logs-dlq-replay',
      version: 1,
      runId: this.#context.runId,
      title: 'ship-logs dlq replay',
      ...look,
      counts: fold.counts,
      items: fold.items(),
      omitted: fold.omitted,
      changed: [...ends.values()].some(({ delivered }) => delivered > 0),
      ...(stopped && { stopped }),
    }
  }
}

const add = (counts: Map<string, number>, key: string): Map<string, number> => counts.set(key, (counts.get(key) ?? 0) + 1)

function sinkItem(
  name: string,
  {
    does,
    count,
    end,
    look,
  }: {
    readonly does: string
    readonly count: number
    readonly end: Replayed | undefined
    readonly look: Pick<Item, 'startedAt' | 'durationMs'>
  },
): Item {
  if (end === undefined)
    return { path: name, name, outcome: 'ok', message: `${count} ${does}`, metrics: { offered: count }, ...look }
  const { delivered, refused, cut, left, problem } = end
  const rest = [
    refused > 0 && `${refused} refused again`,
    cut > 0 && `${cut} kept: they were too long to be kept whole`,
    left > 0 && `${left} not answered in time${problem === undefined ? '' : ` (${problem})`}`,
  ].flatMap(text => (text === false ? [] : `, ${text}`))
  return {
    path: name,
    name,
    ...(refused + cut + left > 0 ? { outcome: 'failed', reason: 'error' } : { outcome: 'ok' }),
    message: `${delivered} delivered${rest.join('')}`,
    metrics: { delivered, refused, cut, left },
    ...look,
  }
}

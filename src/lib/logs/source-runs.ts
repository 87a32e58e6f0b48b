import { sleep } from '../core/clock.ts'
import type { Context } from '../core/context.ts'
import { backoffMs } from '../run/retry.ts'
import type { BufferPool } from './delivery/buffer-pool.ts'
import type { DeadLetters } from './delivery/dead-letters.ts'
import { Fork } from './delivery/fork.ts'
import type { Lane } from './delivery/lane.ts'
import { Intake } from './intake/intake.ts'
import { SourceFeed } from './intake/source-feed.ts'
import { StreamBook } from './intake/stream-book.ts'
import type { Pipeline, PipelineSource } from './pipeline/pipeline.ts'
import type { RuleWatch, Shaper } from './pipeline/stages.ts'
import type { Store } from './store/store.ts'
import type { Taps } from './tap/taps.ts'

export interface SourceRunsOptions {
  readonly context: Context
  readonly pipeline: Pipeline
  readonly lanes: ReadonlyMap<string, Lane>
  readonly store: Store
  readonly pool: BufferPool
  readonly deadLetters: DeadLetters
  readonly shaper: Shaper | undefined
  readonly rules: RuleWatch | undefined
  /** Who looks at what passes. */
  readonly taps?: Taps | undefined
  readonly follow: boolean
  /** Reading ends. */
  readonly signal: AbortSignal
  /** Sources that go on, as another let go of them. */
  readonly feeds?: ReadonlyMap<string, SourceFeed>
}

interface SourceRun {
  readonly source: PipelineSource
  readonly lanes: readonly Lane[]
  readonly book: StreamBook
  /** The source goes on for another. */
  readonly leave: AbortController
  /** While it is read. */
  feed?: SourceFeed | undefined
  /** Of the attempt to read it that goes on or was the last, monotonic. */
  beganAt: number
  /** When the first of the attempts failed since something came of it, monotonic. */
  failingSince?: number | undefined
}

/** A source that can not be read at the moment, or a part of it: a host, a file. */
export interface SourceTrouble {
  readonly source: string
  readonly part?: string
  readonly problem: string
  readonly forMs: number
}

/** The first wait behind a failure is below a second, none is longer than a minute. */
const waits = { baseMs: 1000, maxMs: 60_000 }
/** What went well for so long begins to count anew. */
const wellMs = 60_000

/** The sources of a pipeline, read beside each other: one that can not be read does not end the others. */
export class SourceRuns {
  /** Settles when every source has ended. */
  readonly done: Promise<unknown>
  /** Why a source could not be read to its end, by name. */
  readonly failures = new Map<string, unknown>()
  readonly #options: SourceRunsOptions
  readonly #runs: readonly SourceRun[]
  /** Of all, those that end and those that go on. */
  readonly #over = new AbortController()

  constructor(options: SourceRunsOptions) {
    this.#options = options
    const runs = options.pipeline.sources.map(source => {
      const lanes = options.pipeline.sinks
        .filter(({ sources }) => sources?.includes(source.name) ?? true)
        .flatMap(({ name }) => options.lanes.get(name) ?? [])
      const { store, context, feeds } = options
      const book = new StreamBook({ store, clock: context.clock, source: source.name, lanes })
      return {
        source,
        lanes,
        book,
        leave: new AbortController(),
        feed: feeds?.get(source.name),
        beganAt: context.clock.monotonic(),
      }
    })
    this.#runs = runs
    options.signal.addEventListener('abort', this.#stop, { once: true })
    this.done = Promise.all(runs.map(run => this.#keepReading(run)))
  }

  /** Sources of which the last attempts failed, and nothing has come since; and what they say of their parts. */
  get troubles(): readonly SourceTrouble[] {
    const now = this.#options.context.clock.monotonic()
    return this.#runs.flatMap((run): SourceTrouble[] => {
      const { failingSince, feed } = run
      const source = run.source.name
      const parts = [...(feed?.troubles ?? [])].map(([part, { problem, since }]) => ({
        source,
        part,
        problem,
        forMs: now - since,
      }))
      if (failingSince === undefined || this.#isWell(run)) return parts
      return [{ source, problem: problemOf(this.failures.get(source)), forMs: now - failingSince }, ...parts]
    })
  }

  /** Something of these streams was delivered. */
  delivered(streams: ReadonlySet<string>): void {
    for (const stream of streams) for (const { book } of this.#runs) book.forgetDelivered(stream)
  }

  /** Ends reading, but for the sources that `isKept` says: those go on, for whoever takes them up, and nothing of them is lost. */
  async leave(isKept: (source: PipelineSource) => boolean): Promise<ReadonlyMap<string, SourceFeed>> {
    for (const { source, feed, leave } of this.#runs)
      if (isKept(source)) leave.abort()
      else feed?.stop()
    this.#over.abort()
    await this.done
    this.#options.signal.removeEventListener('abort', this.#stop)
    const kept = this.#runs.flatMap(({ source, feed }) => (feed ? [[source.name, feed] as const] : []))
    return new Map(kept)
  }

  readonly #stop = (): void => {
    for (const { feed } of this.#runs) feed?.stop(this.#options.signal.reason)
  }

  /** It brings something, or has been read for so long that it could. */
  #isWell({ feed, beganAt }: SourceRun): boolean {
    return feed !== undefined && (feed.hasBrought || this.#options.context.clock.monotonic() - beganAt > wellMs)
  }

  async #keepReading(run: SourceRun): Promise<void> {
    const { context, follow } = this.#options
    const signal = AbortSignal.any([this.#options.signal, this.#over.signal])
    const { clock, log, random } = context
    const { name } = run.source
    for (let failures = 1; ; failures++) {
      const began = clock.monotonic()
      run.beganAt = began
      try {
        await this.#read(run)
        this.failures.delete(name)
        run.failingSince = undefined
        return
      } catch (error) {
        if (signal.aborted) return
        const isFirst = !this.failures.has(name)
        this.failures.set(name, error)
        if (!follow) return
        if (clock.monotonic() - began > wellMs) failures = 1
        const problem = problemOf(error)
        if (isFirst || failures === 1)
          log('error', 'a source can not be read: tried again until it can', { source: name, problem })
      }
      await sleep(clock, backoffMs(failures, { ...waits, random }), signal).catch(() => {})
      if (signal.aborted) return
    }
  }

  /** Where rules alone look at a source, records need not be whole. */
  #wantsOf(isJudgedOnly: boolean): readonly string[] | undefined {
    return isJudgedOnly ? this.#options.rules?.wants : undefined
  }

  #isJudgedOnly({ name }: PipelineSource): boolean {
    const { shaper, pipeline } = this.#options
    const sinks = pipeline.sinks.filter(({ sources }) => sources?.includes(name) ?? true)
    return shaper === undefined && sinks.every(({ isNowhere }) => isNowhere)
  }

  async #read(run: SourceRun): Promise<void> {
    const { context, store, pool, deadLetters, shaper, rules, taps, follow, signal, pipeline } = this.#options
    const { clock, random, log, paths } = context
    const { source, lanes, book } = run
    const filters = new Map(pipeline.sinks.flatMap(({ name, filter }) => (filter ? [[name, filter] as const] : [])))
    const feed = run.feed ?? new SourceFeed(source, { clock, random, log, cwd: paths.cwd, follow, context, streams: book })
    run.feed = feed
    feed.streams = book
    if (signal.aborted) feed.stop(signal.reason)
    const leave = run.leave.signal
    const isNowhere = this.#isJudgedOnly(source)
    try {
      await new Intake({
        ...{ feed, leave, book, clock, store, log, pool, deadLetters, shaper, rules, taps, filters },
        fork: new Fork({ lanes, clock, signal: AbortSignal.any([signal, this.#over.signal]) }),
        readers: lanes.length,
        wants: this.#wantsOf(isNowhere),
        isNowhere,
      }).run()
    } catch (error) {
      if (this.#isWell(run)) run.failingSince = undefined
      run.failingSince ??= clock.monotonic()
      run.feed = undefined
      await feed.close().catch(() => {})
      throw error
    }
    if (!leave.aborted) run.feed = undefined
  }
}

const problemOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

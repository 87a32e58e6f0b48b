import { sleep } from '../core/clock.ts'
import type { Context } from '../core/context.ts'
import { backoffMs } from '../run/retry.ts'
import type { BufferPool } from './delivery/buffer-pool.ts'
import type { DeadLetters } from './delivery/dead-letters.ts'
import { Fork } from './delivery/fork.ts'
import type { Lane } from './delivery/lane.ts'
import { Intake } from './intake/intake.ts'
import { StreamBook } from './intake/stream-book.ts'
import type { Pipeline, PipelineSource } from './pipeline/pipeline.ts'
import type { RuleWatch, Shaper } from './pipeline/stages.ts'
import type { Store } from './store/store.ts'

export interface SourceRunsOptions {
  readonly context: Context
  readonly pipeline: Pipeline
  readonly lanes: ReadonlyMap<string, Lane>
  readonly store: Store
  readonly pool: BufferPool
  readonly deadLetters: DeadLetters
  readonly shaper: Shaper | undefined
  readonly rules: RuleWatch | undefined
  readonly follow: boolean
  /** Reading ends. */
  readonly signal: AbortSignal
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
  readonly #books: readonly StreamBook[]

  constructor(options: SourceRunsOptions) {
    this.#options = options
    const runs = options.pipeline.sources.map(source => {
      const lanes = options.pipeline.sinks
        .filter(({ sources }) => sources?.includes(source.name) ?? true)
        .flatMap(({ name }) => options.lanes.get(name) ?? [])
      const { store, context } = options
      return { source, lanes, book: new StreamBook({ store, clock: context.clock, source: source.name, lanes }) }
    })
    this.#books = runs.map(({ book }) => book)
    this.done = Promise.all(runs.map(run => this.#keepReading(run)))
  }

  /** Something of these streams was delivered. */
  delivered(streams: ReadonlySet<string>): void {
    for (const stream of streams) for (const book of this.#books) book.forgetDelivered(stream)
  }

  async #keepReading(run: {
    readonly source: PipelineSource
    readonly lanes: readonly Lane[]
    readonly book: StreamBook
  }): Promise<void> {
    const { context, follow, signal } = this.#options
    const { clock, log, random } = context
    const { name } = run.source
    for (let failures = 1; ; failures++) {
      const began = clock.monotonic()
      try {
        await this.#read(run)
        this.failures.delete(name)
        return
      } catch (error) {
        if (signal.aborted) return
        const isFirst = !this.failures.has(name)
        this.failures.set(name, error)
        if (!follow) return
        if (clock.monotonic() - began > wellMs) failures = 1
        const problem = error instanceof Error ? error.message : String(error)
        if (isFirst || failures === 1)
          log('error', 'a source can not be read: tried again until it can', { source: name, problem })
      }
      await sleep(clock, backoffMs(failures, { ...waits, random }), signal).catch(() => {})
      if (signal.aborted) return
    }
  }

  #read({
    source,
    lanes,
    book,
  }: {
    readonly source: PipelineSource
    readonly lanes: readonly Lane[]
    readonly book: StreamBook
  }): Promise<void> {
    const { context, store, pool, deadLetters, shaper, rules, follow, signal, pipeline } = this.#options
    const { clock, random, log, paths } = context
    const filters = new Map(pipeline.sinks.flatMap(({ name, filter }) => (filter ? [[name, filter] as const] : [])))
    return new Intake({
      ...{ source, book, store, log, pool, deadLetters, shaper, rules, filters },
      place: {
        ...{ name: source.name, clock, random, signal, log, cwd: paths.cwd, follow, context },
        streams: book,
        framing: source.framing,
      },
      fork: new Fork({ lanes, clock, signal }),
      readers: lanes.length,
    }).run()
  }
}

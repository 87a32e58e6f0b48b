import { join } from 'node:path'
import { sleep } from '../core/clock.ts'
import type { Context } from '../core/context.ts'
import { readSecret } from '../fleet/index.ts'
import { acquireLock } from '../run/lock.ts'
import { SharedThings } from '../run/shared-things.ts'
import { BufferPool } from './delivery/buffer-pool.ts'
import { DeadLetters } from './delivery/dead-letters.ts'
import type { Lane } from './delivery/lane.ts'
import type { SourceFeed } from './intake/source-feed.ts'
import { type OpenLane, openLane } from './open-lane.ts'
import type { Pipeline, PipelineSink, PipelineSource } from './pipeline/pipeline.ts'
import type { RuleWatch } from './pipeline/stages.ts'
import type { RulesStatus } from './rules/watch/watched-rule.ts'
import { SourceRuns, type SourceTrouble } from './source-runs.ts'
import type { Store } from './store/store.ts'
import type { Taps } from './tap/taps.ts'

export interface RunningPipelineOptions {
  readonly context: Context
  readonly directory: string
  readonly store: Store
  readonly follow: boolean
  /** Who looks at what passes. */
  readonly taps?: Taps
  /** Reading ends, and what is under way has some seconds more. */
  readonly signal: AbortSignal
}

const mebi = 1024 * 1024
/** What may wait in memory: for all sinks together, and for one at most and at least. */
const held = { together: 32 * mebi, most: 5 * mebi, least: 2 * mebi }
/** Once it is told to stop. */
const graceMs = 5000

/** A pipeline at work: its lanes, and what reads for them. */
export class RunningPipeline implements AsyncDisposable {
  readonly #options: RunningPipelineOptions
  readonly #shared = new SharedThings()
  readonly #pool = new BufferPool({ bytes: 2.5 * mebi, kept: 4 })
  readonly #ending = new AbortController()
  readonly #deadLetters: DeadLetters
  readonly #lanes = new Map<string, OpenLane>()
  #pipeline: Pipeline
  #sources: SourceRuns | undefined
  #rules: RuleWatch | undefined
  readonly #reading = new AbortController()
  #reloading: Promise<void> | undefined

  private constructor(options: RunningPipelineOptions, pipeline: Pipeline) {
    const { context, directory } = options
    const { clock, log, runId } = context
    this.#options = options
    this.#pipeline = pipeline
    const lock = (path: string) => acquireLock(path, { runId, command: 'ship-logs', clock })
    this.#deadLetters = new DeadLetters({ directory: join(directory, 'dead'), clock, log, lock, signal: this.#ending.signal })
  }

  /** Opens everything, and begins to read. @throws OpsError */
  static async start(options: RunningPipelineOptions, pipeline: Pipeline): Promise<RunningPipeline> {
    const running = new RunningPipeline(options, pipeline)
    try {
      for (const sink of pipeline.sinks) await running.#open(sink)
      await running.#read()
      return running
    } catch (error) {
      await running[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Why sources could not be read to their end, by name. */
  get failures(): ReadonlyMap<string, unknown> {
    return this.#sources?.failures ?? new Map()
  }

  /** Names of the sinks that have not got everything that was read. */
  get unfinished(): ReadonlySet<string> {
    const waiting = [...this.#lanes.values()].filter(({ lane }) => lane.look.waitingRecords > 0 || lane.isBehind)
    return new Set(waiting.map(({ lane }) => lane.name))
  }

  get lanes(): readonly Lane[] {
    return [...this.#lanes.values()].map(({ lane }) => lane)
  }

  /** As it is since the last reload that went well. */
  get pipeline(): Pipeline {
    return this.#pipeline
  }

  /** Sources that can not be read at the moment, and parts of them. */
  get troubles(): readonly SourceTrouble[] {
    return this.#sources?.troubles ?? []
  }

  get rulesStatus(): RulesStatus | undefined {
    return this.#rules?.status()
  }

  get deadLetters(): DeadLetters['room'] {
    return this.#deadLetters.room
  }

  /** Settles when all is read and delivered, or when it was told to stop and has. @throws what must never happen */
  async finished(): Promise<void> {
    const { signal, context } = this.#options
    const stop = (): void => this.#reading.abort(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted) stop()
    try {
      const failing = Promise.race(this.lanes.map(lane => lane.stopped().then(() => lane.drained())))
      await Promise.race([this.#allRead(), failing])
      const drained = Promise.all(this.lanes.map(lane => lane.drained()))
      const stopped = Promise.withResolvers<void>()
      signal.addEventListener('abort', () => stopped.resolve(), { once: true })
      if (!signal.aborted) await Promise.race([drained, stopped.promise])
      if (!signal.aborted) return
      const grace = new AbortController()
      await Promise.race([drained, sleep(context.clock, graceMs, grace.signal).catch(() => {})])
      grace.abort()
    } finally {
      signal.removeEventListener('abort', stop)
    }
  }

  /**
   * Goes on with another pipeline: sinks that are the same keep what is on its way to them, the others get some seconds. Where something of
   * the new one can not be opened the old one goes on. @throws OpsError then
   */
  async reload(pipeline: Pipeline): Promise<void> {
    await this.#reloading
    this.#reloading = this.#change(pipeline)
    // Whoever waits for the end of reading is not to fail by it.
    const settled = this.#reloading
      .catch(() => {})
      .finally(() => {
        this.#reloading = undefined
      })
    try {
      await this.#reloading
    } finally {
      await settled
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#reading.abort()
    this.#ending.abort()
    await this.#sources?.done
    await this.#rules?.[Symbol.asyncDispose]()
    for (const name of [...this.#lanes.keys()]) await this.#close(name)
    await this.#deadLetters[Symbol.asyncDispose]()
    await this.#shared[Symbol.asyncDispose]()
  }

  async #allRead(): Promise<void> {
    for (let sources: SourceRuns | undefined; sources !== this.#sources; ) {
      sources = this.#sources
      await sources?.done
      await this.#reloading?.catch(() => {})
    }
  }

  async #change(pipeline: Pipeline): Promise<void> {
    const before = this.#pipeline
    const kept = (sink: PipelineSink): boolean =>
      sink.config !== undefined && pipeline.sinks.some(({ name, config }) => name === sink.name && config === sink.config)
    const goesOn = (source: PipelineSource): boolean =>
      source.config !== undefined &&
      !source.source.isReplayable &&
      pipeline.sources.some(({ name, config }) => name === source.name && config === source.config)
    const feeds = await this.#sources?.leave(goesOn)
    if (this.#options.signal.aborted) return
    const leaving = before.sinks.filter(sink => !kept(sink))
    await this.#drain(leaving)
    for (const { name } of leaving) await this.#close(name)
    try {
      for (const sink of pipeline.sinks) if (!this.#lanes.has(sink.name)) await this.#open(sink)
      this.#pipeline = pipeline
      await this.#read(feeds)
    } catch (error) {
      this.#pipeline = before
      for (const { name } of pipeline.sinks)
        if (!before.sinks.some(sink => sink.name === name && kept(sink))) await this.#close(name)
      for (const sink of leaving) await this.#open(sink)
      await this.#read(feeds)
      throw error
    }
  }

  /** What is on its way to these sinks has some seconds. */
  async #drain(sinks: readonly PipelineSink[]): Promise<void> {
    const lanes = sinks.flatMap(({ name }) => this.#lanes.get(name)?.lane ?? [])
    const grace = new AbortController()
    const over = sleep(this.#options.context.clock, graceMs, grace.signal).catch(() => {})
    await Promise.race([Promise.all(lanes.map(lane => lane.drained())), over])
    grace.abort()
  }

  async #open(sink: PipelineSink): Promise<void> {
    const { context, directory, store, signal } = this.#options
    const share = Math.max(held.least, Math.min(held.most, held.together / Math.max(1, this.#pipeline.sinks.length)))
    const lane = await openLane(context, sink, {
      ...{ directory, store, shared: this.#shared, deadLetters: this.#deadLetters, spool: this.#pipeline.spool },
      maxHeldBytes: Math.max(share, sink.sink.limits.held ?? 0),
      stopping: signal,
      ending: this.#ending.signal,
      onDelivered: streams => this.#sources?.delivered(streams),
    })
    this.#lanes.set(sink.name, lane)
  }

  async #close(name: string): Promise<void> {
    const lane = this.#lanes.get(name)
    this.#lanes.delete(name)
    await lane?.close()
  }

  async #read(feeds?: ReadonlyMap<string, SourceFeed>): Promise<void> {
    const { context, store, follow, signal, directory, taps } = this.#options
    const { log, clock, random, runId } = context
    const secret = readSecret.bind(undefined, context)
    const shaper = await this.#pipeline.shape?.open({ secret, log })
    await this.#rules?.[Symbol.asyncDispose]()
    this.#rules = undefined
    for (const warning of this.#pipeline.rules?.warnings ?? []) log('warn', warning)
    this.#rules = await this.#pipeline.rules?.open({ clock, log, random, directory, runId, secret, shared: this.#shared })
    if (signal.aborted) this.#reading.abort(signal.reason)
    const lanes = new Map([...this.#lanes].map(([name, { lane }]) => [name, lane]))
    this.#sources = new SourceRuns({
      ...{ context, pipeline: this.#pipeline, lanes, store, pool: this.#pool, deadLetters: this.#deadLetters, follow },
      ...{ shaper, rules: this.#rules, taps },
      signal: this.#reading.signal,
      ...(feeds && { feeds }),
    })
    taps?.changed(this.#pipeline)
  }
}

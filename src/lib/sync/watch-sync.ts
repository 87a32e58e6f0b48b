import { BackendError, type Revision } from '../core/backend.ts'
import { rfc3339, sleep } from '../core/clock.ts'
import type { Connector, Context } from '../core/context.ts'
import { OpsError } from '../core/errors.ts'
import { exitCodeOf } from '../core/exit.ts'
import type { Item } from '../core/item.ts'
import { type Report, ReportFold } from '../core/report.ts'
import { newRunId } from '../core/run-id.ts'
import { withDeadline } from '../run/deadline.ts'
import { applyPrepared } from './apply-sync.ts'
import { asOpsError, type Configuration, readConfiguration, takeRevision, toolsOf } from './configuration.ts'
import { findDrift } from './drift.ts'
import type { SyncFile } from './file/sync-file.ts'
import { loadSync } from './load-sync.ts'
import type { SyncOptions } from './options.ts'
import { prepare, syncFleet } from './prepared-sync.ts'
import { Revisions } from './revisions.ts'

export interface WatchOptions extends SyncOptions {
  /** Milliseconds between two looks at the hosts; 0 for none. */
  readonly reconcile: number
}

/**
 * Applies what the source holds now, and every revision after it, until it is stopped. A revision that fails is taken back and told; the
 * next one is tried whatever became of the last.
 * @throws OpsError E_CONFIRM without --yes: nobody can be asked each time
 */
export async function watchSync(context: Context, options: WatchOptions): Promise<Report> {
  if (!context.settings.assumeYes) {
    throw new OpsError('E_CONFIRM', 'a watch applies what comes without asking', {
      hint: 'look at it with plan, then watch with --yes',
    })
  }
  const sync = await loadSync(context, options.file)
  const { clock, signal } = context
  const limit = { ms: options.deadline, signal, reason: () => new OpsError('E_DEADLINE', 'the deadline of the watch passed') }
  const kept = new KeptConnections(context)
  const watch = new Watch({ ...context, connector: spec => kept.connector(spec) }, { sync, options: { ...options, deadline: 0 } })
  try {
    return await withDeadline(clock, limit, inTime => watch.run(inTime)).catch(error => {
      if (error instanceof OpsError && (error.code === 'E_DEADLINE' || error === signal.reason)) return watch.report(error)
      throw error
    })
  } finally {
    await kept[Symbol.asyncDispose]()
  }
}

class Watch {
  readonly #context: Context
  readonly #sync: SyncFile
  readonly #options: WatchOptions
  readonly #startedAt: { readonly epoch: number; readonly monotonic: number }
  #items: readonly Item[] = []
  #applied: string | undefined
  #runs = 0
  #failures = 0

  constructor(context: Context, { sync, options }: { readonly sync: SyncFile; readonly options: WatchOptions }) {
    this.#context = context
    this.#sync = sync
    this.#options = options
    this.#startedAt = { epoch: context.clock.now(), monotonic: context.clock.monotonic() }
  }

  async run(signal: AbortSignal): Promise<never> {
    const context = { ...this.#context, signal }
    await this.#told(async () =>
      this.#apply(context, await readConfiguration(context, this.#sync, { maxStaleMs: this.#options.maxStale })),
    )
    const states = this.#sync.source.backend.watch(this.#sync.source.prefix, toolsOf(context, this.#sync))[Symbol.asyncIterator]()
    try {
      for (let next = states.next(); ; ) {
        const state = await Promise.race([next.then(({ value }): Revision => value), this.#untilLook(signal)])
        if (state === undefined) {
          await this.#told(() => this.#tellDrift(context))
          continue
        }
        await this.#told(async () => this.#apply(context, await takeRevision(context, this.#sync, state)))
        next = states.next()
      }
    } catch (error) {
      signal.throwIfAborted()
      throw error instanceof BackendError ? asOpsError(error, this.#sync) : error
    } finally {
      await states.return?.().catch(() => undefined)
    }
  }

  report(stopped: OpsError): Report {
    const { clock, runId } = this.#context
    const fold = new ReportFold()
    for (const item of this.#items) fold.add(item)
    return {
      ...{ kind: 'sync-watch', version: 1, runId, title: this.#sync.name },
      startedAt: rfc3339(this.#startedAt.epoch),
      durationMs: Math.round(clock.monotonic() - this.#startedAt.monotonic),
      ...{ counts: fold.counts, items: fold.items(), omitted: fold.omitted, changed: this.#runs > 0 },
      data: { file: this.#sync.path, applied: this.#runs, failed: this.#failures },
      stopped: { exit: stopped.exit, message: stopped.message },
    }
  }

  /** Each apply is a run of its own, which `opsctl undo` takes back by its id. Templates and targets are read anew. */
  async #apply(context: Context, configuration: Configuration): Promise<void> {
    if (configuration.digest === this.#applied) return
    const run = { ...context, runId: newRunId(context.clock.now(), context.random) }
    const sync = await loadSync(run, this.#options.file)
    await using fleet = await syncFleet(run, sync, this.#options)
    const prepared = await prepare(run, { sync, configuration, fleet })
    const report = await applyPrepared(run, { prepared, fleet, options: this.#options })
    this.#items = report.items
    if (exitCodeOf(report) !== 0) {
      this.#failures++
      context.log('error', 'a revision could not be applied everywhere', { revision: configuration.revision, run: run.runId })
      return
    }
    this.#applied = configuration.digest
    this.#runs++
    context.log('info', 'a revision was applied', { revision: configuration.revision, run: run.runId, ms: report.durationMs })
  }

  async #tellDrift(context: Context): Promise<void> {
    if (this.#applied === undefined) return
    const { hosts } = await new Revisions(context, this.#sync).applied()
    await using fleet = await syncFleet(context, this.#sync, this.#options)
    const { items } = await findDrift(context, { fleet, title: this.#sync.name, hosts, concurrency: this.#options.concurrency })
    for (const { host, message, verdict } of items) {
      if (verdict === 'fail') context.log('warn', `${host} is not as it was left: ${message}`)
    }
  }

  /** What fails is told, and the watch goes on: the next value may be better. */
  async #told(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.#context.signal.throwIfAborted()
      if (!(error instanceof OpsError)) throw error
      this.#failures++
      this.#context.log('error', error.message, { ...(error.hint !== undefined && { hint: error.hint }) })
    }
  }

  async #untilLook(signal: AbortSignal): Promise<undefined> {
    const { reconcile } = this.#options
    if (reconcile > 0) await sleep(this.#context.clock, reconcile, signal)
    else await new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
    return undefined
  }
}

/** One pool for all applies of a watch: hosts are logged in to once, not for every revision. */
class KeptConnections implements AsyncDisposable {
  readonly #context: Context
  #opened: Promise<Connector> | undefined

  constructor(context: Context) {
    this.#context = context
  }

  /** Closing it closes nothing: the next apply uses it again. */
  async connector(spec: Parameters<Context['connector']>[0]): Promise<Connector> {
    this.#opened ??= this.#context.connector(spec)
    const opened = await this.#opened
    return {
      connect: (host, options) => opened.connect(host, options),
      login: (host, options) => opened.login(host, options),
      [Symbol.asyncDispose]: async () => {},
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#opened)?.[Symbol.asyncDispose]()
  }
}

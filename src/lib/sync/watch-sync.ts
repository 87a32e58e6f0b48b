import { rfc3339, sleep } from '../core/clock.ts'
import type { Context } from '../core/context.ts'
import { OpsError } from '../core/errors.ts'
import { exitCodeOf } from '../core/exit.ts'
import type { Item, Reason } from '../core/item.ts'
import { type Report, ReportFold } from '../core/report.ts'
import { newRunId } from '../core/run-id.ts'
import { withDeadline } from '../run/deadline.ts'
import { retry } from '../run/retry.ts'
import { applyPrepared } from './apply-sync.ts'
import { type Configuration, readConfiguration, takeRevision } from './configuration.ts'
import { findDrift } from './drift.ts'
import type { SyncFile } from './file/sync-file.ts'
import { KeptConnections } from './kept-connections.ts'
import { loadSync } from './load-sync.ts'
import type { SyncOptions } from './options.ts'
import { prepare, syncFleet } from './prepared-sync.ts'
import { Revisions } from './revisions.ts'
import { SourceStates } from './source-states.ts'

export interface WatchOptions extends SyncOptions {
  /** Milliseconds between two looks at the hosts; 0 for none. */
  readonly reconcile: number
  /** How often one revision is tried in all. */
  readonly tries: number
}

/** Between two tries, milliseconds. */
const pauses = { baseMs: 10_000, maxMs: 300_000 }

/** Exit codes of errors that may be gone the next time: unreachable, no room, locked by another run, refused. */
const mayPass: readonly number[] = [69, 74, 75, 77]

/** Why a host may take next time what it did not take now. Everything else is an answer. */
const passing: readonly Reason[] = ['unreachable', 'connect-timeout', 'closed', 'transfer', 'auth']

/**
 * Applies what the source holds now, and every revision after it, until it is stopped. A revision that fails is taken back and told. It is
 * tried again where a lock or a host that could not be reached kept it, as long as there is nothing newer; the next one is tried whatever
 * became of the last.
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
    const freshness = { maxStaleMs: this.#options.maxStale }
    const first = await this.#told(context, () => readConfiguration(context, this.#sync, freshness))
    await using states = new SourceStates(context, this.#sync, first)
    if (first) await this.#bring(context, { states, read: async () => first })
    for (;;) {
      await this.#lookOn(context, states)
      const state = await states.next()
      await this.#bring(context, { states, read: () => takeRevision(context, this.#sync, state) })
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

  /** Tries until it is applied, can not be, or there is something newer. */
  async #bring(context: Context, { states, read }: Bringing): Promise<void> {
    const { clock, random, log } = context
    const attempts = this.#options.tries
    const apply = async (attempt: number): Promise<void> => {
      let revision: string | undefined
      try {
        const configuration = await read()
        revision = configuration.revision
        await this.#apply(context, configuration)
      } catch (error) {
        context.signal.throwIfAborted()
        if (!(error instanceof OpsError)) throw error
        this.#failures++
        // What stands on the hosts is no revision that was applied: the one before this has to be applied again when it comes back.
        this.#applied = undefined
        const { run, because } = error.data
        const again = attempt < attempts && isRetryable(error) ? `try ${attempt + 1} of ${attempts}` : undefined
        log('error', error.message, present({ revision, run, because, hint: error.hint, again }))
        throw error
      }
    }
    const limits = { attempts, ...pauses, clock, random, signal: superseding(states), isRetryable }
    await retry(apply, limits).catch(error => {
      context.signal.throwIfAborted()
      if (!(error instanceof OpsError) && !(error instanceof Superseded)) throw error
    })
  }

  /** Each apply is a run of its own, which `opsctl undo` takes back by its id. Templates and targets are read anew. */
  async #apply(context: Context, configuration: Configuration): Promise<void> {
    if (configuration.digest === this.#applied) return
    const run = { ...context, runId: newRunId(context.clock.now(), context.random) }
    const sync = await loadSync(run, this.#options.file)
    await using fleet = await syncFleet(run, sync, this.#options)
    const prepared = await prepare(run, { sync, configuration, fleet })
    const report = await applyPrepared(run, { prepared, fleet, options: this.#options })
    const { revision } = configuration
    this.#items = report.items
    if (exitCodeOf(report) !== 0) throw failureOf(report)
    this.#applied = configuration.digest
    this.#runs++
    context.log('info', 'a revision was applied', { revision, run: run.runId, ms: report.durationMs })
  }

  /** Tells what drifts until there is something new. */
  async #lookOn(context: Context, states: SourceStates): Promise<void> {
    const { reconcile } = this.#options
    if (reconcile === 0) return
    const arrived = superseding(states)
    while (!arrived.aborted) {
      await sleep(context.clock, reconcile, arrived).catch(() => undefined)
      if (!arrived.aborted) await this.#told(context, () => this.#tellDrift(context))
    }
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
  async #told<T>(context: Context, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work()
    } catch (error) {
      context.signal.throwIfAborted()
      if (!(error instanceof OpsError)) throw error
      this.#failures++
      context.log('error', error.message, { ...(error.hint !== undefined && { hint: error.hint }) })
      return undefined
    }
  }
}

interface Bringing {
  readonly states: SourceStates
  read(): Promise<Configuration>
}

/** There is something newer to apply. */
class Superseded extends Error {
  override readonly name = 'Superseded'
}

/** Aborts when there is something newer, or the watch is over. */
function superseding(states: SourceStates): AbortSignal {
  const newer = new AbortController()
  void states.arrival().then(() => newer.abort(new Superseded('there is a newer revision')))
  return newer.signal
}

/** As the error of a try. A judgement of a gate, a failed step and a host that could not be taken back are answers: nothing is tried again. */
function failureOf(report: Report): OpsError {
  const bad = report.items.filter(({ verdict, outcome }) => verdict === 'fail' || verdict === 'unknown' || outcome === 'failed')
  const isPassing = bad.length > 0 && bad.every(({ reason }) => reason !== undefined && passing.includes(reason))
  const exit = exitCodeOf(report)
  const [first] = bad
  return new OpsError('E_UNREACHABLE', 'a revision could not be applied everywhere', {
    exit: isPassing && exit !== 6 ? 69 : exit,
    data: { run: report.runId, because: first && `${first.host}: ${first.message ?? first.name}` },
  })
}

const present = (fields: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

const isRetryable = (error: unknown): boolean => error instanceof OpsError && mayPass.includes(error.exit)

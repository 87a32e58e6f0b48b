import type { Clock } from '../../core/clock.ts'
import { causeChain, OpsError } from '../../core/errors.ts'
import type { Log } from '../../core/io.ts'
import { beatAfter } from './beat.ts'
import { catchUpTimes } from './catch-up.ts'
import { type Entry, newEntry } from './entry.ts'
import type { Job } from './job.ts'
import { type Load, loadOf } from './load.ts'
import { type QueueOptions, Queues } from './queues.ts'
import { type Run, Runs } from './runs.ts'
import { WakeUp } from './wake-up.ts'

export interface SchedulerOptions extends QueueOptions {
  readonly clock: Clock
  readonly random: () => number
  readonly log: Log
  /** Told of every start how late it is. */
  readonly onLag?: (job: Job, lagMs: number) => void
  /** Told when nothing could be done for so long: the process was stopped or busy. What was under way then has seen strange times. */
  readonly onStall?: (ms: number) => void
}

/** Of jobs of which nothing better is known yet. */
const usualEveryMs = 30_000
/** Other events get their turn after so long a time of starting runs. */
const sliceMs = 5

/**
 * Does jobs again and again, each when it is due, as far as workers, classes and caps allow; see Lanes, KeyCaps and Runs for who goes first.
 * All by the monotonic clock: whoever sets the clock on the wall changes nothing. No method starts a run before it returns.
 */
export class Scheduler implements AsyncDisposable {
  readonly #options: SchedulerOptions
  readonly #entries = new Map<string, Entry>()
  readonly #queues: Queues
  readonly #runs: Runs
  readonly #wakeUp: WakeUp
  #stalledAt = Number.NEGATIVE_INFINITY
  #drain: { abortAt: number; readonly done: PromiseWithResolvers<void> } | undefined

  constructor(options: SchedulerOptions) {
    const { clock, workers } = options
    if (!(Number.isInteger(workers) && workers > 0)) throw new OpsError('E_BUG', `${workers} workers can do nothing`)
    this.#options = options
    this.#queues = new Queues(options)
    this.#runs = new Runs(workers, run => this.#abandoned(run))
    this.#wakeUp = new WakeUp(clock, () => this.#look())
  }

  /**
   * Adds a job, or replaces the one of the same id; a run in progress of that goes on, and this one is due after it. What was to be done
   * before now is due now and keeps its grid. `everyMs`: how often it will be done, as far as that is known before its first run.
   */
  put(job: Job, dueInMs: number, everyMs = usualEveryMs): void {
    if (!(Number.isFinite(dueInMs) && everyMs > 0)) {
      throw new OpsError('E_BUG', `${job.id} can not be due in ${dueInMs} ms, every ${everyMs} ms`)
    }
    const now = this.#options.clock.monotonic()
    const due = { job, lane: this.#queues.lane(job.sla), dueAt: now + Math.max(0, dueInMs), beatAt: now + dueInMs, everyMs }
    const known = this.#entries.get(job.id)
    if (known) this.#queues.leave(known)
    const entry = known ? Object.assign(known, due, { removed: false }) : newEntry(due)
    this.#entries.set(job.id, entry)
    if (entry.run) entry.nextAt = due.dueAt
    else this.#queues.wait(entry)
    this.#arm()
  }

  has(id: string): boolean {
    return this.#entries.get(id)?.removed === false
  }

  /** It is due now, once; if it runs, once more after that. Its later beats stay where they are. */
  wake(id: string): void {
    const entry = this.#entries.get(id)
    if (!entry || entry.removed) return
    const now = this.#options.clock.monotonic()
    if (entry.run) entry.nextAt = Math.min(entry.nextAt ?? now, now)
    else if (this.#queues.isWaiting(entry)) this.#move(entry, Math.min(entry.dueAt, now))
    this.#arm()
  }

  /** Forgets a job and aborts its run; resolves when that has ended, or was given up. */
  async remove(id: string): Promise<void> {
    const entry = this.#entries.get(id)
    if (!entry) return
    if (entry.run) {
      entry.removed = true
      entry.nextAt = undefined
      const ended = this.#runs.ended(entry.run)
      this.#runs.abort(
        entry.run,
        new OpsError('E_INTERRUPTED', `${id} is no longer looked after`),
        this.#options.clock.monotonic(),
      )
      this.#arm()
      return ended
    }
    this.#queues.leave(entry)
    this.#entries.delete(id)
    this.#arm()
  }

  /** Spreads what is overdue, as after a stall. Call it after many jobs were put whose time has passed while nothing ran. */
  catchUp(): void {
    const { clock, random } = this.#options
    const now = clock.monotonic()
    const overdue = this.#queues.overdue(now)
    const times = catchUpTimes(overdue, { all: this.#entries.values(), now, random })
    for (const [index, entry] of overdue.entries()) this.#move(entry, times[index] ?? now)
    this.#arm()
  }

  /** Whether nothing could be done for a while after such a moment of the monotonic clock: what was measured across it means nothing. */
  hasStalledSince(moment: number): boolean {
    this.#noticeStall(this.#options.clock.monotonic())
    return this.#stalledAt > moment
  }

  load(): Load {
    return loadOf(this.#queues, { abandoned: this.#runs.abandoned, now: this.#options.clock.monotonic() })
  }

  /** Starts nothing more, for good. Resolves when all runs have ended: after `deadlineMs` they are aborted, and given up if that does not help. */
  drain(deadlineMs: number): Promise<void> {
    const abortAt = this.#options.clock.monotonic() + deadlineMs
    this.#drain ??= { abortAt, done: Promise.withResolvers() }
    this.#drain.abortAt = Math.min(this.#drain.abortAt, abortAt)
    this.#look()
    return this.#drain.done.promise
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.drain(0)
  }

  /** Does all that is to be done by now. */
  #look(): void {
    const now = this.#options.clock.monotonic()
    this.#noticeStall(now)
    this.#runs.lookAfter(now)
    if (this.#drain) this.#stop(now, this.#drain)
    else {
      this.#queues.ripen(now)
      this.#startAll(now)
    }
    this.#arm()
  }

  #startAll(now: number): void {
    const { clock } = this.#options
    for (let at = now; at - now <= sliceMs; at = clock.monotonic()) {
      const entry = this.#queues.begin()
      if (!entry) return
      const { job, lane, dueAt } = entry
      lane.started++
      lane.lag.add(at - dueAt)
      entry.run = this.#runs.begin(entry, at)
      this.#options.onLag?.(job, at - dueAt)
      void this.#do(entry.run)
    }
  }

  async #do(run: Run): Promise<void> {
    const inMs = await this.#outcome(run)
    if (run.state === 'abandoned') this.#options.log('info', 'a run that was given up has ended', { job: run.job.id })
    else this.#queues.end(run)
    this.#runs.end(run)
    this.#goOn(run, inMs)
    this.#look()
  }

  /** In how many milliseconds it is due again. */
  async #outcome({ job, controller, entry }: Run): Promise<number | undefined> {
    try {
      const inMs = await job.run(controller.signal)
      if (inMs === undefined || (Number.isFinite(inMs) && inMs > 0)) return inMs
      throw new TypeError(`due again in ${inMs} ms`)
    } catch (error) {
      this.#options.log('error', 'a job of the patrol failed', { job: job.id, error: causeChain(error).join(': ') })
      return entry.everyMs
    }
  }

  /** The entry of a run that has ended waits for its next, or is forgotten. */
  #goOn({ entry, job, startedAt }: Run, inMs: number | undefined): void {
    const { nextAt } = entry
    entry.run = undefined
    entry.nextAt = undefined
    if (entry.removed || (inMs === undefined && nextAt === undefined)) {
      this.#entries.delete(job.id)
      return
    }
    if (inMs !== undefined && entry.job === job) {
      const endedAt = this.#options.clock.monotonic()
      const isSteady = inMs === entry.everyMs
      entry.beatAt = isSteady ? beatAfter({ startedAt, endedAt }, entry) : Math.max(startedAt + inMs, endedAt)
      entry.everyMs = inMs
    }
    entry.dueAt = nextAt ?? entry.beatAt
    this.#queues.wait(entry)
  }

  #abandoned(run: Run): void {
    run.lane.abandoned++
    this.#queues.end(run)
    const { id, deadlineMs } = run.job
    this.#options.log('error', 'a run did not end though it was aborted: given up', { job: id, deadlineMs })
  }

  #stop(now: number, drain: { abortAt: number; readonly done: PromiseWithResolvers<void> }): void {
    if (drain.abortAt <= now) {
      this.#runs.abortAll(new OpsError('E_INTERRUPTED', 'the patrol ends'), now)
      drain.abortAt = Number.POSITIVE_INFINITY
    }
    if (this.#runs.size === 0) drain.done.resolve()
  }

  #noticeStall(now: number): void {
    const ms = this.#wakeUp.missedMs(now)
    if (ms === 0) return
    this.#stalledAt = now
    this.#runs.postpone(ms)
    this.catchUp()
    this.#options.log('warn', 'nothing could be done for a while', { seconds: Math.round(ms / 1000) })
    this.#options.onStall?.(ms)
  }

  #move(entry: Entry, dueAt: number): void {
    this.#queues.leave(entry)
    entry.dueAt = dueAt
    this.#queues.wait(entry)
  }

  #arm(): void {
    if (this.#drain ? this.#runs.size === 0 : this.#entries.size === 0) this.#wakeUp.never()
    else this.#wakeUp.at(Math.min(this.#runs.nextAt, this.#drain?.abortAt ?? this.#queues.nextAt))
  }
}

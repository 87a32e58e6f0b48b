import type { CheckResult } from '../core/check.ts'
import type { Clock } from '../core/clock.ts'
import { causeChain, OpsError } from '../core/errors.ts'
import type { Log } from '../core/io.ts'
import { Histogram } from '../net/exposition/histogram.ts'
import { type Looker, unitsOf } from '../probe/index.ts'
import { Group } from './group.ts'
import type { History } from './history/history.ts'
import { KeptStandings } from './kept-standings.ts'
import type { Recorder } from './recorder.ts'
import type { Scheduler } from './scheduler/scheduler.ts'
import { Settlement } from './settlement.ts'
import { isBad } from './standing/level.ts'
import { afterLook, neverLooked, unconfirmedOf } from './standing/standing.ts'
import { Watch, type WatchedCheck, watchId } from './watch.ts'
import { Watches } from './watches.ts'

export interface PatrolTools {
  readonly clock: Clock
  readonly log: Log
  readonly looker: Looker
  readonly scheduler: Scheduler
  readonly recorder: Recorder
  readonly history: History
  /** Told every check whose standing changed, for whoever watches live. */
  readonly onChange?: (watch: Watch) => void
}

/** Of a look of which nothing is known it is as if it had not been made: it is made again so much later, milliseconds. */
const againAfterMs = 1000

/** Checks that are looked at for ever, each in its time: what they came to, and what follows from it. */
export class Patrol {
  readonly #tools: PatrolTools
  readonly #watches = new Watches()
  readonly #groups = new Map<string, Group>()
  readonly #kept: KeptStandings
  readonly #settlement: Settlement
  readonly #run = (group: Group, signal: AbortSignal): Promise<number | undefined> => this.#lookAt(group, signal)

  /** Changes whenever other checks are watched than before, or the same ones otherwise. */
  generation = 0

  /** Seconds that looks took, by type of check. */
  readonly durations = new Map<string, Histogram>()

  constructor(tools: PatrolTools) {
    const { clock, recorder, onChange, history } = tools
    const lookNow = (watch: Watch): void => this.lookNow(watch)
    this.#tools = tools
    this.#settlement = new Settlement({ clock, recorder, watches: this.#watches, lookNow, onChange })
    this.#kept = new KeptStandings(history.saved())
  }

  get watches(): ReadonlyMap<string, Watch> {
    return this.#watches.byId
  }

  /** Incidents that are not over, by severity. */
  openIncidents(): ReturnType<Watches['openIncidents']> {
    return this.#watches.openIncidents()
  }

  /** Those that this patrol tells of. */
  told(): Iterable<Watch> {
    return this.#watches.told()
  }

  /** A check in all its places. */
  placesOf(name: string): readonly Watch[] {
    return this.#watches.placesOf(name)
  }

  /** Watches exactly these from now on. What did not change goes on as it was; what changed keeps how it stands. */
  apply(checks: readonly WatchedCheck[]): void {
    const names = new Set(checks.map(({ name }) => name))
    this.change({ put: checks, gone: [...this.#watches.names].filter(name => !names.has(name)) })
    // Those that no process asks for any more, and that stood open when the last one ended.
    this.#kept.end(this.#tools)
  }

  /** Watches these from now on, in the place of those of their names, and some no longer. Takes as long as what changed. */
  change({ put, gone }: { readonly put: readonly WatchedCheck[]; readonly gone: readonly string[] }): void {
    const touched = new Map<string, Watch[]>()
    const ended = gone.flatMap(name => this.#end(this.placesOf(name), touched))
    for (const name of gone) this.#watches.forget(name)
    for (const check of put) ended.push(...this.#put(check, touched))
    if (touched.size === 0) return
    for (const [id, added] of touched) this.#arrange(id, added)
    this.#settlement.settleHeld()
    if (ended.length > 0) this.#tools.recorder.gone(ended)
    this.generation++
  }

  /** Looks at it as soon as there is room. */
  lookNow(watch: Watch): void {
    watch.dues.planAll(this.#tools.clock.monotonic())
    this.#tools.scheduler.wake(watch.groupId)
  }

  /** Gives the ids of places that it has no longer. */
  #put(check: WatchedCheck, touched: Map<string, Watch[]>): string[] {
    const before = this.placesOf(check.name)
    const isSame = ({ check: { version, isOn } }: Watch): boolean => version === check.version && isOn === check.isOn
    if (before.length > 0 && before.every(isSame)) return []
    const units = unitsOf(check)
    const ids = new Set(units.map(watchId))
    const ended = this.#end(
      before.filter(({ id }) => !ids.has(id)),
      touched,
    )
    const places = units.map(unit => this.#watchOf(check, { unit, known: this.watches.get(watchId(unit)) }))
    for (const { groupId } of before) touch(touched, groupId)
    for (const watch of places) touch(touched, watch.groupId).push(watch)
    this.#watches.put(check.name, places)
    return ended
  }

  #watchOf(check: WatchedCheck, { unit, known }: { readonly unit: Watch['unit']; readonly known: Watch | undefined }): Watch {
    const { clock } = this.#tools
    const saved = this.#kept.take(watchId(unit))
    const [now, epoch] = [clock.monotonic(), clock.now()]
    const standing = known?.standing ?? saved?.standing ?? neverLooked(epoch)
    // It went bad, and what follows from that was not decided.
    const isUrgent = isBad(standing.level) && standing.incident === undefined
    const kept = saved && Object.fromEntries(Object.entries(saved.due).map(([dimension, at]) => [dimension, at - epoch + now]))
    const watch = new Watch(check, { unit, standing, before: { now, known, kept, isUrgent } })
    if (known) this.#settlement.release(known)
    if (!check.isOn) this.#settlement.close(watch, 'switched off')
    return watch
  }

  /** Groups anew what is looked at together, and tells the scheduler. */
  #arrange(id: string, added: readonly Watch[]): void {
    const { scheduler, clock } = this.#tools
    const stays = (this.#groups.get(id)?.watches ?? []).filter(({ isGone }) => !isGone)
    const watches = [...stays, ...added.filter(({ check }) => check.isOn)]
    if (watches.length === 0) {
      if (this.#groups.delete(id)) void scheduler.remove(id)
      return
    }
    const group = new Group(id, watches, this.#run)
    this.#groups.set(id, group)
    scheduler.put(group, Math.max(0, group.dueAt - clock.monotonic()), group.everyMs)
  }

  async #lookAt({ id, watches }: Group, signal: AbortSignal): Promise<number | undefined> {
    const { clock, scheduler } = this.#tools
    const startedAt = clock.monotonic()
    const due = watches.filter(watch => watch.dues.isDueBy(startedAt))
    const wanted = due.filter(watch => !this.#settlement.suppress(watch, startedAt))
    if (wanted.length > 0) {
      for (const watch of wanted) watch.lookedAt = startedAt
      const results = await this.#look(wanted, signal)
      const ms = clock.monotonic() - startedAt
      // Clocks of looks ran on while this process did not: what came of them means nothing.
      const isLost = scheduler.hasStalledSince(startedAt) || (signal.aborted && !isDeadline(signal.reason))
      for (const [index, watch] of wanted.entries()) {
        const result = results[index]
        if (watch.isGone) continue
        if (isLost || !result) watch.dues.postpone(clock.monotonic() + againAfterMs)
        else this.#took(watch, { result, startedAt, ms })
      }
    }
    const group = this.#groups.get(id)
    return group && Math.max(1, group.dueAt - startedAt)
  }

  async #look(wanted: readonly Watch[], signal: AbortSignal): Promise<readonly CheckResult[]> {
    const { looker, log } = this.#tools
    try {
      return await looker.look(
        wanted.map(({ unit }) => unit),
        signal,
      )
    } catch (error) {
      // Our bug: nobody may take the last good look for the truth.
      const problem = causeChain(error).join(': ')
      log('error', 'a look went wrong', { checks: wanted.map(({ id }) => id).join(', '), problem })
      const message = looker.maskedText(`opsctl went wrong: ${problem}`)
      return wanted.map(() => ({ verdict: 'unknown', reason: 'unreadable', message }))
    }
  }

  #took(
    watch: Watch,
    { result, startedAt, ms }: { readonly result: CheckResult; readonly startedAt: number; readonly ms: number },
  ): void {
    const { clock, looker } = this.#tools
    const at = clock.now()
    const judgements = watch.judgementsDue(result, startedAt).map(each => ({ ...each, message: looker.maskedText(each.message) }))
    const { sampling } = watch.check
    const standing = afterLook(watch.standing, { at, judgements }, sampling)
    const unconfirmed = unconfirmedOf(standing, sampling)
    watch.dues.planNext(
      judgements.map(({ dimension }) => dimension),
      { startedAt, unconfirmed },
    )
    this.#count(watch, ms)
    watch.remember({ ms: (result.metrics?.['total_seconds'] ?? ms / 1000) * 1000, metrics: metricsOf(result) })
    const look = {
      at,
      level: result.verdict === 'na' ? ('pass' as const) : result.verdict,
      ms: Math.round(ms * 100) / 100,
      message: looker.maskedText(result.message),
      ...(result.reason && { reason: result.reason }),
      ...(result.verdict !== 'pass' && result.evidence !== undefined && { evidence: looker.maskedText(result.evidence) }),
    }
    watch.judgedAt = startedAt
    this.#settlement.settle(watch, { standing, look })
  }

  #count({ check: { type } }: Watch, ms: number): void {
    const histogram = this.durations.get(type) ?? new Histogram()
    this.durations.set(type, histogram)
    histogram.add(ms / 1000)
  }

  /** No longer watched; gives their ids. */
  #end(watches: readonly Watch[], touched: Map<string, Watch[]>): string[] {
    for (const watch of watches) {
      this.#settlement.release(watch)
      this.#settlement.close(watch, 'no longer watched')
      this.#watches.end(watch)
      touch(touched, watch.groupId)
    }
    return watches.map(({ id }) => id)
  }
}

/** What comes to a group anew. */
function touch(touched: Map<string, Watch[]>, groupId: string): Watch[] {
  const known = touched.get(groupId) ?? []
  touched.set(groupId, known)
  return known
}

const isDeadline = (reason: unknown): boolean => reason instanceof OpsError && reason.code === 'E_DEADLINE'

/** The numbers of the look and of all its dimensions. */
const metricsOf = ({ metrics, judgements = [] }: CheckResult): Record<string, number> =>
  Object.assign({}, ...judgements.map(each => each.metrics), metrics)

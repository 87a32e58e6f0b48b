import type { AlertSeverity } from '../core/alert.ts'
import type { CheckResult } from '../core/check.ts'
import type { Clock } from '../core/clock.ts'
import { causeChain, OpsError } from '../core/errors.ts'
import type { Log } from '../core/io.ts'
import { randomHex } from '../core/random-hex.ts'
import { Histogram } from '../net/exposition/histogram.ts'
import { isTold, type Looker, unitsOf } from '../probe/index.ts'
import { Held } from './held.ts'
import type { Change, History, LookRow, Saved } from './history/history.ts'
import { jobOf } from './jobs.ts'
import type { Recorder } from './recorder.ts'
import type { Scheduler } from './scheduler/scheduler.ts'
import { closed, incidentAfter } from './standing/incident.ts'
import { isBad, severityOf } from './standing/level.ts'
import { afterLook, neverLooked, type Standing, unconfirmedOf, worstTold } from './standing/standing.ts'
import { Watch, type WatchedCheck, watchId } from './watch.ts'

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

/** What came with a change. */
type Told = Pick<Change, 'look' | 'alert'>

/** Checks that are looked at for ever, each in its time: what they came to, and what follows from it. */
export class Patrol {
  readonly #tools: PatrolTools
  readonly #watches = new Map<string, Watch>()
  /** By job: an endpoint, or all that is read on one host. */
  readonly #groups = new Map<string, readonly Watch[]>()
  /** Names of checks by what depends on them. */
  readonly #byName = new Map<string, readonly Watch[]>()
  /** Standings of the last process, until their checks are asked for. */
  readonly #saved: Map<string, Saved>
  /** Children that went bad before their parent was looked at. */
  readonly #held: Held

  /** Changes whenever other checks are watched than before, or the same ones otherwise. */
  generation = 0

  /** Seconds that looks took, by type of check. */
  readonly durations = new Map<string, Histogram>()

  constructor(tools: PatrolTools) {
    this.#tools = tools
    this.#held = new Held(tools.clock)
    this.#saved = tools.history.saved()
  }

  get watches(): ReadonlyMap<string, Watch> {
    return this.#watches
  }

  /** Incidents that are not over, by severity. */
  openIncidents(): Record<AlertSeverity, number> {
    const open = { info: 0, warning: 0, critical: 0 }
    for (const { standing } of this.#watches.values()) if (standing.incident) open[standing.incident.severity]++
    return open
  }

  /** Watches exactly these from now on. What did not change goes on as it was; what changed keeps how it stands. */
  apply(checks: readonly WatchedCheck[]): void {
    const names = new Set(checks.map(({ name }) => name))
    this.change({ put: checks, gone: [...this.#byName.keys()].filter(name => !names.has(name)) })
    // Those that no process asks for any more, and that stood open when the last one ended.
    this.#forgetSaved()
  }

  /** Watches these from now on, in the place of those of their names, and some no longer. Takes as long as what changed. */
  change({ put, gone }: { readonly put: readonly WatchedCheck[]; readonly gone: readonly string[] }): void {
    const touched = new Map<string, Watch[]>()
    const ended = gone.flatMap(name => this.#end(this.placesOf(name), touched))
    for (const name of gone) this.#byName.delete(name)
    for (const check of put) ended.push(...this.#put(check, touched))
    if (touched.size === 0) return
    for (const [id, added] of touched) this.#arrange(id, added)
    // Whom they waited for may be another, or gone.
    for (const child of this.#held) this.#settleHeld(child)
    if (ended.length > 0) this.#tools.recorder.gone(ended)
    this.generation++
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
    const places = units.map(unit => this.#watchOf(check, { unit, known: this.#watches.get(watchId(unit)) }))
    for (const { groupId } of before) touch(touched, groupId)
    for (const watch of places) {
      this.#watches.set(watch.id, watch)
      touch(touched, watch.groupId).push(watch)
    }
    if (places.length > 0) this.#byName.set(check.name, places)
    else this.#byName.delete(check.name)
    return ended
  }

  /** Those that this patrol tells of: parents of other shares' checks are looked at only. */
  *told(): Generator<Watch> {
    for (const watch of this.#watches.values()) if (isTold(watch.unit)) yield watch
  }

  /** A check in all its places. */
  placesOf(name: string): readonly Watch[] {
    return this.#byName.get(name) ?? []
  }

  /** Looks at it as soon as there is room. */
  lookNow(watch: Watch): void {
    watch.dues.planAll(this.#tools.clock.monotonic())
    this.#tools.scheduler.wake(watch.groupId)
  }

  /** What keeps a check from being judged: a check that it depends on and that does not stand well, on the same host where both are looked at there. */
  causeOf(watch: Watch): Watch | undefined {
    return this.#parentsOf(watch).find(({ standing }) => isBad(standing.level) || standing.suppressed !== undefined)
  }

  #parentsOf({ check, unit }: Watch): Watch[] {
    const parents = check.dependsOn.flatMap(name => this.#byName.get(name) ?? [])
    return parents.filter(
      ({ check: { isOn }, unit: { host } }) =>
        isOn && (host === undefined || unit.host === undefined || host.name === unit.host.name),
    )
  }

  #watchOf(check: WatchedCheck, { unit, known }: { readonly unit: Watch['unit']; readonly known: Watch | undefined }): Watch {
    const { clock } = this.#tools
    const id = watchId(unit)
    const saved = this.#saved.get(id)
    this.#saved.delete(id)
    const [now, epoch] = [clock.monotonic(), clock.now()]
    const standing = known?.standing ?? saved?.standing ?? neverLooked(epoch)
    // It went bad, and what follows from that was not decided.
    const isUrgent = isBad(standing.level) && standing.incident === undefined
    const kept = saved && Object.fromEntries(Object.entries(saved.due).map(([dimension, at]) => [dimension, at - epoch + now]))
    const watch = new Watch(check, { unit, standing, before: { now, known, kept, isUrgent } })
    if (known) {
      known.isGone = true
      this.#held.release(known)
    }
    if (!check.isOn) this.#close(watch, 'switched off')
    return watch
  }

  /** Groups anew what is looked at together, and tells the scheduler. */
  #arrange(id: string, added: readonly Watch[]): void {
    const { scheduler, clock } = this.#tools
    const stays = (this.#groups.get(id) ?? []).filter(({ isGone }) => !isGone)
    const group = [...stays, ...added.filter(({ check }) => check.isOn)]
    if (group.length === 0) {
      if (this.#groups.delete(id)) void scheduler.remove(id)
      return
    }
    this.#groups.set(id, group)
    const due = Math.min(...group.map(({ dueAt }) => dueAt))
    const everyMs = Math.min(...group.flatMap(({ check }) => check.sampling.map(({ intervalMs }) => intervalMs)))
    const job = jobOf({ id, group, run: signal => this.#run(id, signal) })
    scheduler.put(job, Math.max(0, due - clock.monotonic()), everyMs)
  }

  async #run(id: string, signal: AbortSignal): Promise<number | undefined> {
    const { clock, scheduler } = this.#tools
    const startedAt = clock.monotonic()
    const due = (this.#groups.get(id) ?? []).filter(watch => watch.dues.isDueBy(startedAt))
    const wanted = due.filter(watch => !this.#suppressed(watch, startedAt))
    if (wanted.length > 0) {
      for (const watch of wanted) watch.lookedAt = startedAt
      const results = await this.#look(wanted, signal)
      const ms = clock.monotonic() - startedAt
      // Clocks of looks ran on while this process did not: what came of them means nothing.
      const isLost = scheduler.hasStalledSince(startedAt) || (signal.aborted && !isDeadline(signal.reason))
      for (const [index, watch] of wanted.entries()) {
        const result = results[index]
        if (watch.isGone) continue
        if (isLost || !result) this.#missed(watch)
        else this.#took(watch, { result, startedAt, ms })
      }
    }
    const group = this.#groups.get(id)
    return group && Math.max(1, Math.min(...group.map(({ dueAt }) => dueAt)) - startedAt)
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

  /** Nothing is known: as if it had not been looked at. */
  #missed(watch: Watch): void {
    watch.dues.postpone(this.#tools.clock.monotonic() + 1000)
  }

  #suppressed(watch: Watch, startedAt: number): boolean {
    const cause = this.causeOf(watch)
    if (!cause) return false
    const { clock } = this.#tools
    const all = watch.check.sampling.map(({ dimension }) => dimension)
    watch.dues.planNext(all, { startedAt, unconfirmed: [] })
    this.#held.release(watch)
    if (watch.standing.suppressed?.by === cause.id) return true
    this.#record(watch, { ...watch.standing, suppressed: { by: cause.id, since: clock.now() } })
    this.#settleChildren(watch)
    return true
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
    this.#settle(watch, { standing, look })
    this.#settleChildren(watch)
  }

  #count({ check: { type } }: Watch, ms: number): void {
    const histogram = this.durations.get(type) ?? new Histogram()
    this.durations.set(type, histogram)
    histogram.add(ms / 1000)
  }

  /** Opens, raises or ends the incident that follows, unless somebody else is to blame or has yet to be asked. */
  #settle(watch: Watch, { standing, look }: { readonly standing: Standing; readonly look?: LookRow }): void {
    watch.standing = standing
    const told = look && { look }
    const isNew =
      isTold(watch.unit) && standing.incident === undefined && severityOf(standing.level, watch.check.sla) !== undefined
    const cause = isNew ? this.causeOf(watch) : undefined
    if (cause) {
      this.#held.release(watch)
      this.#record(watch, { ...standing, suppressed: { by: cause.id, since: this.#tools.clock.now() } }, told)
    } else if (!isTold(watch.unit) || (isNew && this.#waitsForParents(watch))) {
      this.#record(watch, standing, told)
    } else {
      this.#held.release(watch)
      const { standing: after, alert } = incidentAfter(standing, watch.subject, {
        at: this.#tools.clock.now(),
        newId: () => `prb-${this.#tools.clock.now().toString(36)}-${randomHex(5)}`,
        detail: detailOf(standing),
      })
      this.#record(watch, after, { ...told, ...(alert && { alert }) })
    }
  }

  /** Parents that were last looked at before the child went bad are asked first, and may confirm what they find: one of them may be the cause. */
  #waitsForParents(watch: Watch): boolean {
    const parents = this.#parentsOf(watch)
    if (parents.length === 0) return false
    const since = this.#held.hold(watch, () => this.#settleHeld(watch))
    if (since === undefined) return false
    const silent = parents.filter(parent => parent.judgedAt < since || parent.isConfirming)
    for (const parent of silent) if (parent.lookedAt < since) this.lookNow(parent)
    return silent.length > 0
  }

  /** Those that waited for this one. */
  #settleChildren({ check: { name } }: Watch): void {
    for (const child of this.#held) if (child.check.dependsOn.includes(name)) this.#settleHeld(child)
  }

  #settleHeld(child: Watch): void {
    if (!child.isGone) this.#settle(child, { standing: child.standing })
  }

  #record(watch: Watch, standing: Standing, { look, alert }: Told = {}): void {
    const { clock, recorder, onChange } = this.#tools
    watch.standing = standing
    const [now, epoch] = [clock.monotonic(), clock.now()]
    const due = watch.dues.shifted(epoch - now)
    recorder.add({ id: watch.id, standing, due, ...(look && look && { look }), ...(alert && { alert }) })
    onChange?.(watch)
  }

  /** No longer watched; gives their ids. */
  #end(watches: readonly Watch[], touched: Map<string, Watch[]>): string[] {
    for (const watch of watches) {
      watch.isGone = true
      this.#held.release(watch)
      this.#close(watch, 'no longer watched')
      this.#watches.delete(watch.id)
      touch(touched, watch.groupId)
    }
    return watches.map(({ id }) => id)
  }

  #close(watch: Watch, why: string): void {
    const { incident } = watch.standing
    if (!incident) return
    const now = { at: this.#tools.clock.now(), newId: () => '' }
    const { standing, alert } = closed(watch.standing, { subject: watch.subject, incident, now, why })
    this.#record(watch, standing, alert && { alert })
  }

  #forgetSaved(): void {
    const { clock, recorder } = this.#tools
    const left = [...this.#saved].filter(([id]) => !this.#watches.has(id))
    for (const [id, { standing, due }] of left) {
      const { incident } = standing
      const subject = { title: titleOf(incident?.labels) ?? id, sla: 'P1' as const, labels: {}, recoveries: 1 }
      const now = { at: clock.now(), newId: () => '' }
      if (incident) recorder.add({ id, due, ...closed(standing, { subject, incident, now, why: 'no longer watched' }) })
    }
    if (left.length > 0) recorder.gone(left.map(([id]) => id))
    this.#saved.clear()
  }
}

/** What comes to a group anew. */
function touch(touched: Map<string, Watch[]>, groupId: string): Watch[] {
  const known = touched.get(groupId) ?? []
  touched.set(groupId, known)
  return known
}

/** Of a check of which its labels alone are left. */
const titleOf = ({ check, host }: Readonly<Record<string, string>> = {}): string | undefined =>
  check !== undefined && host !== undefined ? `${check} on ${host}` : check

const isDeadline = (reason: unknown): boolean => reason instanceof OpsError && reason.code === 'E_DEADLINE'

/** The numbers of the look and of all its dimensions. */
const metricsOf = ({ metrics, judgements = [] }: CheckResult): Record<string, number> =>
  Object.assign({}, ...judgements.map(each => each.metrics), metrics)

/** What each dimension that is not well says. */
function detailOf(standing: Standing): string {
  const lines = Object.entries(standing.dimensions).flatMap(([name, { level, told }]) =>
    level === 'pass' ? [] : [`${name}: ${told.message}`],
  )
  return lines.join('\n') || (worstTold(standing)?.message ?? '')
}

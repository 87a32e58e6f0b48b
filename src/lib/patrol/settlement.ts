import type { Clock } from '../core/clock.ts'
import { randomHex } from '../core/random-hex.ts'
import { isTold } from '../probe/index.ts'
import { Held } from './held.ts'
import type { Change, LookRow } from './history/history.ts'
import type { Recorder } from './recorder.ts'
import { closed, incidentAfter } from './standing/incident.ts'
import { severityOf } from './standing/level.ts'
import { type Standing, worstTold } from './standing/standing.ts'
import type { Watch } from './watch.ts'
import type { Watches } from './watches.ts'

export interface SettlementTools {
  readonly clock: Clock
  readonly recorder: Recorder
  readonly watches: Watches
  /** Asks a parent at once. */
  readonly lookNow: (watch: Watch) => void
  /** Told every check whose standing changed. */
  readonly onChange?: ((watch: Watch) => void) | undefined
}

/** What came with a change. */
type Told = Pick<Change, 'look' | 'alert'>

/** What follows from how checks stand: incidents that open, rise and end, and who keeps silent because somebody else is to blame. */
export class Settlement {
  readonly #tools: SettlementTools
  /** Children that went bad before their parent was looked at. */
  readonly #held: Held

  constructor(tools: SettlementTools) {
    this.#tools = tools
    this.#held = new Held(tools.clock)
  }

  /** A check that was looked at. Opens, raises or ends its incident, unless somebody else is to blame or has yet to be asked. */
  settle(watch: Watch, { standing, look }: { readonly standing: Standing; readonly look?: LookRow }): void {
    this.#settle(watch, { standing, ...(look && { look }) })
    this.#settleChildren(watch)
  }

  /** Whether it is not to be looked at, because of another: its look at that time is left out then. */
  suppress(watch: Watch, startedAt: number): boolean {
    const cause = this.#tools.watches.causeOf(watch)
    if (!cause) return false
    watch.dues.skip(startedAt)
    this.#held.release(watch)
    if (watch.standing.suppressed?.by === cause.id) return true
    this.#record(watch, { ...watch.standing, suppressed: { by: cause.id, since: this.#tools.clock.now() } })
    this.#settleChildren(watch)
    return true
  }

  /** Other checks are watched than before: whom somebody waits for may be another, or gone. */
  settleHeld(): void {
    for (const child of this.#held) this.#settleAgain(child)
  }

  /** What is under way for it is told no more; nobody waits for its parents. */
  release(watch: Watch): void {
    watch.isGone = true
    this.#held.release(watch)
  }

  /** Ends its incident, if there is one. */
  close(watch: Watch, why: string): void {
    const { incident } = watch.standing
    if (!incident) return
    const now = { at: this.#tools.clock.now(), newId: () => '' }
    const { standing, alert } = closed(watch.standing, { subject: watch.subject, incident, now, why })
    this.#record(watch, standing, alert && { alert })
  }

  #settle(watch: Watch, { standing, look }: { readonly standing: Standing; readonly look?: LookRow }): void {
    watch.standing = standing
    const told = look && { look }
    const isNew =
      isTold(watch.unit) && standing.incident === undefined && severityOf(standing.level, watch.check.sla) !== undefined
    const cause = isNew ? this.#tools.watches.causeOf(watch) : undefined
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
    const parents = this.#tools.watches.parentsOf(watch)
    if (parents.length === 0) return false
    const since = this.#held.hold(watch, () => this.#settleAgain(watch))
    if (since === undefined) return false
    const silent = parents.filter(parent => parent.judgedAt < since || parent.isConfirming)
    for (const parent of silent) if (parent.lookedAt < since) this.#tools.lookNow(parent)
    return silent.length > 0
  }

  /** Those that waited for this one. */
  #settleChildren({ check: { name } }: Watch): void {
    for (const child of this.#held) if (child.check.dependsOn.includes(name)) this.#settleAgain(child)
  }

  #settleAgain(child: Watch): void {
    if (!child.isGone) this.#settle(child, { standing: child.standing })
  }

  #record(watch: Watch, standing: Standing, { look, alert }: Told = {}): void {
    const { clock, recorder, onChange } = this.#tools
    watch.standing = standing
    const due = watch.dues.shifted(clock.now() - clock.monotonic())
    recorder.add({ id: watch.id, standing, due, ...(look && { look }), ...(alert && { alert }) })
    onChange?.(watch)
  }
}

/** What each dimension that is not well says. */
function detailOf(standing: Standing): string {
  const lines = Object.entries(standing.dimensions).flatMap(([name, { level, told }]) =>
    level === 'pass' ? [] : [`${name}: ${told.message}`],
  )
  return lines.join('\n') || (worstTold(standing)?.message ?? '')
}

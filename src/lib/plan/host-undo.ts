import type { Json } from '../core/json.ts'
import { StepError, type StepKind, type StepPlace } from '../core/plan.ts'
import { TransportError } from '../core/transport.ts'
import { retry } from '../run/retry.ts'
import type { BuiltStep } from './built-plan.ts'
import type { Touched } from './change-state.ts'
import { type HostTurn, type Part, troubleOf } from './host-turn.ts'
import { LeaseError } from './lease/index.ts'

/** An undo that the host refused is tried so often. */
const maxRefusals = 3
const backoff = { baseMs: 500, maxMs: 5000 }

/** The way back of a change on one host. */
export class HostUndo {
  readonly #turn: HostTurn
  readonly #spares: boolean
  readonly #isAsked: boolean
  /** The host keeps its lease while it is taken back: when opsctl is lost meanwhile, it goes on by itself. */
  #isHeld = false
  /** It was waited for once, in vain. */
  #isAway = false

  /** `asked`: it is what the user wants, not what came of a failure. `spare`: what somebody else did since then is left as it is, and told. */
  constructor(turn: HostTurn, { asked, spare }: { readonly asked: boolean; readonly spare: boolean }) {
    this.#turn = turn
    this.#spares = spare
    this.#isAsked = asked
  }

  /**
   * Takes back what was begun, last first, then what acts on that, first first: restarts, then handlers. Then compares what was only
   * looked at. False when something could not be taken back; its Item is told.
   */
  async run(): Promise<boolean> {
    const { log } = this.#turn.work
    const { name } = this.#turn.host
    const standing = log.state.standing(name)
    const { leases } = this.#turn.work
    // A lease lasts until all is taken back: whoever is lost in the middle leaves nothing half-way.
    this.#isHeld = leases?.holds(name) === true
    if (!this.#isHeld && (standing.length > 0 || log.state.lease(name) !== undefined)) await this.#takeOver()
    const whole = await this.#takeAllBack(standing)
    if (this.#isHeld) await this.#takeOver()
    return whole
  }

  /** Takes one step back and leaves the others, and the lease that they are under. False when it could not be; its Item is told. */
  async runOne(step: string): Promise<boolean> {
    const { log, leases } = this.#turn.work
    const { name } = this.#turn.host
    this.#isHeld = leases?.holds(name) === true
    const touched = log.state.standing(name).find(each => each.step === step)
    return touched === undefined || this.#undo(touched)
  }

  async #takeAllBack(standing: readonly Touched[]): Promise<boolean> {
    const { log } = this.#turn.work
    const { name } = this.#turn.host
    const first = standing.filter(entry => !this.#comesLast(entry))
    let whole = true
    let spared = 0
    for (const touched of first) {
      if (await this.#isOwn(touched)) whole = (await this.#undo(touched)) && whole
      else spared++
    }
    // Nothing was put back that a restart would have to see.
    if (spared > 0 && spared === first.length) return false
    whole &&= spared === 0
    // What an earlier undo could not put back was not there when that one restarted and reloaded.
    const acting = first.length > 0 ? log.state.acted(name) : standing.toReversed()
    for (const touched of acting.filter(entry => this.#comesLast(entry))) whole = (await this.#undo(touched)) && whole
    if (standing.length > 0) for (const noted of log.state.noted(name)) whole = (await this.#undo(noted)) && whole
    return whole
  }

  /** A host that can not be reached takes itself back; the steps then tell how that is known. */
  async #takeOver(): Promise<void> {
    const { leases } = this.#turn.work
    if (!leases) return
    this.#turn.phase('undo: taking over from the host')
    await this.#patiently(async () => void (await leases.takeOver(this.#turn, await this.#turn.place()))).catch(() => undefined)
  }

  #comesLast({ step: id }: Touched): boolean {
    const step = this.#turn.work.built.step(id)
    return step?.spec.on !== undefined || step?.on(this.#turn.host.name)?.undoneLast === true
  }

  /**
   * Asks before a step is taken back that was done and left alone since. False when something else is there by now, or when that can not be
   * known; its Item is told. Nothing is journalled: whoever comes next is to ask again.
   */
  async #isOwn({ step: id, before, outcome, undoing }: Touched): Promise<boolean> {
    const turn = this.#turn
    const { built, clock, log } = turn.work
    const kind = built.step(id)?.on(turn.host.name)
    const demandOwn = kind?.demandOwn?.bind(kind)
    if (!this.#spares || !demandOwn || outcome !== 'changed' || undoing) return true
    const startedAt = clock.now()
    turn.phase(`undo: looking at ${id}`)
    try {
      await this.#patiently(async () => demandOwn(await turn.place(), before), { refusals: 1 })
      return true
    } catch (error) {
      const { reason, message } = troubleOf(error)
      const how = reason === 'error' ? `; left as it is: opsctl undo --force ${log.changeId} puts the old state over it` : ''
      const part = { outcome: 'stuck', severity: 'critical', reason, message: message + how } as const
      await turn.tell({ step: id, name: kind?.describe() ?? id, startedAt, group: 'undo' }, part)
      return false
    }
  }

  async #undo({ step: id, before, outcome }: Touched): Promise<boolean> {
    const turn = this.#turn
    const { log, built, clock } = turn.work
    const host = turn.host.name
    const step = built.step(id)
    const kind = step?.on(host)
    const about = {
      step: outcome === 'failed' ? `${id}/undo` : id,
      name: kind?.describe() ?? id,
      startedAt: clock.now(),
      group: 'undo' as const,
    }
    const tell = async (part: Part & { outcome: 'undone' | 'stuck' }): Promise<boolean> => {
      const { message } = part
      await log.commitIfPossible({
        is: 'undone',
        host,
        step: id,
        outcome: part.outcome,
        ...(message !== undefined && { message }),
      })
      // What was only looked at and is as before is no news.
      await turn.tell(about, kind?.looksOnly && part.outcome === 'undone' ? { outcome: 'ok', message: 'as before' } : part)
      return part.outcome === 'undone'
    }
    turn.phase(`undo: ${about.name}`)
    await log.commitIfPossible({ is: 'undo', host, step: id })
    turn.passed('before-undo', id)
    try {
      if (!step || !kind) throw new StepError('the step is not in the plan')
      await this.#patiently(() => this.#tryToTakeBack(step, kind, before))
      turn.passed('after-undo', id)
      return await tell({ outcome: 'undone', ...(this.#isAsked && { verdict: 'pass' }) })
    } catch (error) {
      return tell({ outcome: 'stuck', severity: 'critical', ...troubleOf(error) })
    }
  }

  async #tryToTakeBack(step: BuiltStep, kind: StepKind, before: Json): Promise<void> {
    const { clock, timeline } = this.#turn.work
    const startedAt = clock.now()
    try {
      await this.#takeBack(step, kind, before)
    } catch (error) {
      const { message } = troubleOf(error)
      timeline.tried({ host: this.#turn.host.name, step: step.spec.id, startedAt, endedAt: clock.now(), message })
      throw error
    }
  }

  async #takeBack(step: BuiltStep, kind: StepKind, before: Json): Promise<void> {
    const place = await this.#turn.place()
    const held = this.#isHeld ? this.#turn.work.leases?.fenced(this.#turn, place) : undefined
    try {
      await this.#takeBackAt(held ?? place, step, { kind, before })
    } catch (error) {
      if (!(error instanceof LeaseError)) throw error
      // The host was first, or has lost its lease. Once it is done there is nothing left to hold.
      this.#isHeld = false
      this.#turn.passed(`lease-${error.how}`, step.spec.id)
      await this.#takeOver()
      await this.#takeBackAt(place, step, { kind, before })
    }
  }

  async #takeBackAt(place: StepPlace, { spec }: BuiltStep, { kind, before }: { kind: StepKind; before: Json }): Promise<void> {
    // A handler acts on what the steps have put back: it is not undone but called once more.
    if (spec.on) return kind.do(place, before)
    if (!kind.undo) throw new NoUndo(`'${kind.describe()}' has no undo: a human must look`)
    await kind.undo(place, before)
    await kind.verifyUndone?.(place, before)
  }

  /** What fails an undo is often what failed the change: a lost connection is waited for as long as a host takes to boot. */
  async #patiently(task: () => Promise<void>, { refusals } = { refusals: maxRefusals }): Promise<void> {
    const { clock, random, undoTimeoutMs } = this.#turn.work
    let refused = 0
    const isRetryable = (error: unknown): boolean => {
      if (error instanceof NoUndo) return false
      return isAway(error) || ++refused < refusals
    }
    const until = clock.monotonic() + (this.#isAway ? 0 : undoTimeoutMs)
    const { signal } = this.#turn
    try {
      await retry(task, { attempts: Number.POSITIVE_INFINITY, ...backoff, random, clock, signal, until, isRetryable })
      this.#isAway = false
    } catch (error) {
      this.#isAway = isAway(error)
      throw error
    }
  }
}

/** Trouble of a host that boots, or of a network that comes back. */
const mayPass: ReadonlySet<TransportError['reason']> = new Set(['unreachable', 'connect-timeout', 'closed', 'transfer'])

const isAway = (error: unknown): boolean => error instanceof TransportError && mayPass.has(error.reason)

class NoUndo extends StepError {}

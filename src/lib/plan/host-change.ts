import type { Item } from '../core/item.ts'
import type { Json } from '../core/json.ts'
import { StepError, type StepKind, type StepPlace, type StepSpec } from '../core/plan.ts'
import type { BuiltStep } from './built-plan.ts'
import { demandNeeds } from './demand-needs.ts'
import { type HostTurn, notRollbackable, type Part, troubleOf } from './host-turn.ts'
import type { Leases } from './leases.ts'

/** The change on one host, forwards. What it does is in the journal before it is done. */
export class HostChange {
  readonly #turn: HostTurn

  constructor(turn: HostTurn) {
    this.#turn = turn
  }

  /** Judges the host before anything is touched; one on which an interrupted change goes on was judged before. False is told as an Item. */
  async precheck(): Promise<boolean> {
    const turn = this.#turn
    const { log, clock, built } = turn.work
    if (log.state.touched(turn.host.name).length > 0) return true
    const startedAt = clock.now()
    try {
      const place = await turn.place()
      for (const step of built.steps) await demandNeeds(place, step.on(turn.host.name))
      await turn.demand(built.precheck, place)
      turn.work.timeline.passed(turn.host.name, { startedAt, endedAt: clock.now() })
      return true
    } catch (error) {
      const part: Part = { outcome: 'failed', ...troubleOf(error), ...notRollbackable }
      await turn.tell({ step: 'precheck', name: 'precheck', startedAt }, part)
      return false
    }
  }

  /** Does every step that is not done yet, then the handlers of what changed. False when one failed; its Item is told. */
  async apply(): Promise<boolean> {
    const { steps, handlers } = this.#turn.work.built
    if (!(await this.#hold('lease', 'what became of the lease', leases => this.#learn(leases)))) return false
    if (!steps.some(step => step.on(this.#turn.host.name))) return this.#leaveOut()
    for (const step of steps) if (!(await this.#told(step))) return false
    for (const handler of handlers) if (this.#isCalled(handler) && !(await this.#told(handler))) return false
    return true
  }

  async #do(step: BuiltStep, kind: StepKind): Promise<Part> {
    const turn = this.#turn
    const { log } = turn.work
    const { spec } = step
    const host = turn.host.name
    if (log.state.isDone(host, spec.id)) return { outcome: 'ok', message: 'done before' }
    const place = await turn.place()
    await turn.demand(step.precheck, place)
    const begun = log.state.touched(host).find(touched => touched.step === spec.id)
    const before = begun?.before ?? (await kind.capture(place))
    if (!begun && !kind.needed(before)) {
      if (kind.looksOnly) log.note({ is: 'intent', host, step: spec.id, before, looks: true })
      else log.note({ is: 'result', host, step: spec.id, outcome: 'ok' })
      await turn.demand(step.verify, place)
      return { outcome: 'ok' }
    }
    if (begun && begun.outcome !== 'undone') await this.#clear(step, kind, { place, before })
    await log.commit({ is: 'intent', host, step: spec.id, before })
    const held = (await turn.work.leases?.cover(turn, place, { step, kind, before })) ?? place
    turn.passed('before-do', spec.id)
    await kind.do(held, before)
    turn.passed('after-do', spec.id)
    await kind.verify(place, before)
    await turn.demand(step.verify, place)
    log.note({ is: 'result', host, step: spec.id, outcome: 'changed' })
    // It is done, whatever becomes of the question.
    const message = (await kind.remark?.(place).catch(() => undefined)) ?? this.#owedTo(spec.id)
    return { outcome: 'changed', ...(message !== undefined && { message }), ...diffOf(kind.diff(before)) }
  }

  /** Before a step is done again that was interrupted: nobody knows whether it was done. @throws StepError */
  async #clear({ spec }: BuiltStep, kind: StepKind, { place, before }: { place: StepPlace; before: Json }): Promise<void> {
    // A handler is made to be called again.
    if (!kind.onlyOnce || spec.on) return
    if (!kind.undo)
      throw new StepError('it was interrupted and may have run already: it has no way back, and was not said to be idempotent')
    await kind.undo(place, before)
  }

  /** A host that the plan has nothing for is told all the same. */
  async #leaveOut(): Promise<true> {
    const turn = this.#turn
    const about = { step: 'change', name: 'change', startedAt: turn.work.clock.now() }
    await turn.tell(about, { outcome: 'ok', message: 'nothing is to be done here' })
    return true
  }

  /** Looks whether everything is still as the steps put it, or the one that is named. False is told as an Item. */
  async stands(only?: string): Promise<boolean> {
    const turn = this.#turn
    const { log, built, clock } = turn.work
    const host = turn.host.name
    for (const { step, before } of log.state.standing(host).toReversed()) {
      if (only !== undefined && step !== only) continue
      const kind = built.step(step)?.on(host)
      const startedAt = clock.now()
      try {
        await kind?.verify(await turn.place(), before)
      } catch (error) {
        await turn.tell({ step, name: kind?.describe() ?? step, startedAt }, { outcome: 'failed', ...troubleOf(error) })
        return false
      }
    }
    return true
  }

  /** Proves over a new login that the host can still be reached as before. False is told as an Item. */
  async confirm(): Promise<boolean> {
    return this.#hold('confirm', 'a new login', leases => leases.confirm(this.#turn))
  }

  /** Lets the host keep its change. False is told as an Item: it has taken itself back. */
  async release(): Promise<boolean> {
    return this.#hold('release', 'end of the lease', leases => leases.release(this.#turn))
  }

  /** A host on which an interrupted change goes on may have taken itself back meanwhile: then everything is to be done again. */
  async #learn(leases: Leases): Promise<void> {
    const turn = this.#turn
    const { log, built } = turn.work
    const host = turn.host.name
    const standing = log.state.standing(host)
    if (standing.length === 0) return
    const place = await turn.place()
    if (await leases.takeOver(turn, place)) {
      for (const { step } of standing) log.note({ is: 'undone', host, step, outcome: 'undone' })
      return
    }
    for (const { step: id, before } of standing.toReversed()) {
      const step = built.step(id)
      const kind = step?.on(host)
      if (step && kind) await leases.cover(turn, place, { step, kind, before })
    }
  }

  async #hold(step: string, name: string, act: (leases: Leases) => Promise<void>): Promise<boolean> {
    const turn = this.#turn
    const { leases, clock } = turn.work
    const startedAt = clock.now()
    try {
      if (leases) await act(leases)
      return true
    } catch (error) {
      await turn.tell({ step, name, startedAt }, { outcome: 'failed', ...troubleOf(error) })
      return false
    }
  }

  #isCalled({ spec }: BuiltStep): boolean {
    return this.#isCalledHere(spec) || this.#turn.work.owed?.reason(this.#turn.host.name, spec.id) !== undefined
  }

  #isCalledHere({ on }: StepSpec): boolean {
    const { log } = this.#turn.work
    const changed = log.state.touched(this.#turn.host.name).filter(({ outcome }) => outcome === 'changed')
    return changed.some(({ step }) => on?.includes(step))
  }

  /** Why a handler was called although nothing that it waits for was changed. */
  #owedTo(handler: string): string | undefined {
    const { built, owed } = this.#turn.work
    const spec = built.step(handler)?.spec
    return spec?.on === undefined || this.#isCalledHere(spec) ? undefined : owed?.reason(this.#turn.host.name, handler)
  }

  /** Runs a step, unless it is left out on this host, and tells its Item; false when it failed. */
  async #told(step: BuiltStep): Promise<boolean> {
    const turn = this.#turn
    const { log, clock } = turn.work
    const kind = step.on(turn.host.name)
    if (!kind) return true
    const { id } = step.spec
    const about = { step: id, name: kind.describe(), startedAt: clock.now() }
    turn.phase(about.name)
    try {
      await turn.tell(about, await this.#do(step, kind))
      return true
    } catch (error) {
      const touched = log.state.touched(turn.host.name)
      const part = troubleOf(error)
      if (touched.some(entry => entry.step === id)) {
        log.note({ is: 'result', host: turn.host.name, step: id, outcome: 'failed', message: part.message })
      }
      await turn.tell(about, { outcome: 'failed', ...part, ...(touched.length === 0 && notRollbackable) })
      return false
    }
  }
}

const diffOf = (diff: string): Pick<Item, 'data'> => (diff === '' ? {} : { data: { diff } })

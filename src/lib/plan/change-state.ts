import type { Host } from '../core/host.ts'
import type { Json } from '../core/json.ts'
import type { Plan, StepSpec } from '../core/plan.ts'
import type { ChangeEnd, ChangeSettings, PlanRecord } from './record.ts'

/** A step that was begun on a host: it may have changed it, wholly or in part. */
export interface Touched {
  readonly step: string
  readonly before: Json
  /** `noted`: it changes nothing, and is compared after an undo of the others. */
  outcome: 'begun' | 'changed' | 'failed' | 'noted' | 'undone' | 'stuck'
  message?: string
  /** An undo was begun on it: what is there may be half of each. */
  undoing?: true
  /** A handler that a later change has run in place of this one. */
  answered?: true
  /** Which record of the journal last began something on it: from there on what it concerns may be another. */
  begunAt: number
  /** Which record last said that it was done, forwards or on the way back; absent where it was begun again since. */
  doneAt?: number
}

/** Where a change stands, as its journal tells. The engine and an undo in another process build it from the same records. */
export class ChangeState {
  readonly #touched = new Map<string, Touched[]>()
  readonly #unneeded = new Map<string, Set<string>>()
  readonly #leases = new Map<string, string>()
  #records = 0
  #plan: Extract<PlanRecord, { is: 'plan' }> | undefined
  #end: Extract<PlanRecord, { is: 'end' }>['outcome'] | undefined

  apply(record: PlanRecord): void {
    this.#records++
    switch (record.is) {
      case 'plan':
        this.#plan = record
        return
      case 'intent':
        this.#end = undefined
        this.#begin(record)
        return
      case 'result':
        if (record.outcome === 'ok') this.#noted(record.host).add(record.step)
        else this.#settle(record, record.outcome)
        return
      case 'undo':
        this.#end = undefined
        this.#takeBack(record)
        return
      case 'undone':
        this.#settle(record, record.outcome)
        return
      case 'answered':
        this.#answer(record)
        return
      case 'lease':
        if (record.directory === null) this.#leases.delete(record.host)
        else this.#leases.set(record.host, record.directory)
        return
      case 'end':
        this.#end = record.outcome
    }
  }

  get header(): { readonly plan: Plan; readonly hosts: readonly Host[]; readonly settings: ChangeSettings } | undefined {
    return this.#plan
  }

  /** Absent while the change goes on, after it was killed, and again from where an undo or a resumption began to work on it. */
  get end(): ChangeEnd | undefined {
    return this.#end
  }

  /** Steps that were begun on a host, in the order in which they were. */
  touched(host: string): readonly Touched[] {
    return this.#touched.get(host) ?? []
  }

  /** Those of them that are not taken back, last first: the order of an undo. */
  standing(host: string): Touched[] {
    return this.touched(host)
      .filter(({ outcome }) => outcome !== 'undone' && outcome !== 'noted')
      .reverse()
  }

  /** Those that do more than look, taken back or not, in the order in which they were begun. */
  acted(host: string): readonly Touched[] {
    return this.touched(host).filter(({ outcome }) => outcome !== 'noted')
  }

  /** What was only looked at: to be compared when everything else is undone. */
  noted(host: string): readonly Touched[] {
    return this.touched(host).filter(({ outcome }) => outcome === 'noted')
  }

  /** The directory of the lease that a host may still hold. */
  lease(host: string): string | undefined {
    return this.#leases.get(host)
  }

  /** Hosts that a step was begun on, or looked at by one. */
  get touchedHosts(): string[] {
    return [...this.#touched.keys()]
  }

  /** True when the step is done on the host, or was not needed. What a later change did for this one is done again by who goes on with it. */
  isDone(host: string, step: string): boolean {
    return (
      this.#unneeded.get(host)?.has(step) === true ||
      this.touched(host).some(
        ({ answered, ...touched }) =>
          touched.step === step && !answered && (touched.outcome === 'changed' || touched.outcome === 'noted'),
      )
    )
  }

  /**
   * Whether a handler has yet to be called on a host: for something that stands, though nobody may know how, or that was begun or taken back
   * after the last call.
   */
  owes(host: string, { id, on = [] }: Pick<StepSpec, 'id' | 'on'>): boolean {
    const doneAt = this.touched(host).find(({ step }) => step === id)?.doneAt
    const causes = doneAt === undefined ? this.standing(host) : this.touched(host).filter(({ begunAt }) => begunAt > doneAt)
    return causes.some(({ step }) => on.includes(step))
  }

  /** A resumed change begins a step again from where it was before: it is still one step that may have changed the host. */
  #begin({ host, step, before, looks }: Extract<PlanRecord, { is: 'intent' }>): void {
    const list = this.#list(host)
    const outcome = looks ? 'noted' : 'begun'
    const known = list.find(touched => touched.step === step)
    if (known) {
      known.outcome = outcome
      known.begunAt = this.#records
      delete known.undoing
      delete known.answered
      delete known.doneAt
    } else list.push({ step, before, outcome, begunAt: this.#records })
  }

  #answer({ host, step, before }: Extract<PlanRecord, { is: 'answered' }>): void {
    const list = this.#list(host)
    const done = { outcome: 'changed', answered: true, doneAt: this.#records } as const
    const known = list.find(touched => touched.step === step)
    if (known) Object.assign(known, done)
    else list.push({ step, before, ...done, begunAt: this.#records })
  }

  #takeBack({ host, step }: Extract<PlanRecord, { is: 'undo' }>): void {
    const touched = this.#list(host).find(entry => entry.step === step)
    if (!touched) return
    touched.undoing = true
    touched.begunAt = this.#records
  }

  #settle(
    record: { readonly host: string; readonly step: string; readonly message?: string },
    outcome: Touched['outcome'],
  ): void {
    const touched = this.#list(record.host).find(({ step }) => step === record.step)
    if (!touched) return
    touched.outcome = outcome
    if (outcome === 'changed' || outcome === 'undone') touched.doneAt = this.#records
    if (record.message !== undefined) touched.message = record.message
  }

  #list(host: string): Touched[] {
    const list = this.#touched.get(host) ?? []
    this.#touched.set(host, list)
    return list
  }

  #noted(host: string): Set<string> {
    const set = this.#unneeded.get(host) ?? new Set()
    this.#unneeded.set(host, set)
    return set
  }
}

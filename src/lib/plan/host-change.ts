import type { Check } from '../core/check.ts'
import { type Clock, rfc3339 } from '../core/clock.ts'
import type { Connector } from '../core/context.ts'
import type { Host } from '../core/host.ts'
import type { Item, Reason } from '../core/item.ts'
import type { Json } from '../core/json.ts'
import { StepError, type StepPlace } from '../core/plan.ts'
import { type Sudo, TransportError } from '../core/transport.ts'
import { retry } from '../run/retry.ts'
import type { BuiltPlan, BuiltStep } from './built-plan.ts'
import type { ChangeLog } from './change-log.ts'
import type { Touched } from './change-state.ts'
import { stepPlace } from './step-place.ts'

/** What the work on a host needs, the same for every host of a change. */
export interface ChangeWork {
  readonly built: BuiltPlan
  readonly log: ChangeLog
  readonly connector: Connector
  readonly clock: Clock
  readonly random: () => number
  readonly sudo?: Sudo
  /** Of one command of a step. */
  readonly stepTimeoutMs: number
  /** Each step as it ends, and each undo. */
  readonly onItem: (item: Item) => Promise<void>
}

interface HostTurn {
  readonly host: Host
  /** Name of the wave, for the path of items. */
  readonly wave: string
  readonly signal: AbortSignal
  readonly phase?: (text: string) => void
}

/** An undo is tried so often; what fails it is often what failed the change: a connection, a full disk. */
const undoTries = { attempts: 3, baseMs: 500, maxMs: 5000 }

/** The change on one host, forwards and backwards. What it does is in the journal before it is done. */
export class HostChange {
  readonly #work: ChangeWork
  readonly #turn: HostTurn

  constructor(work: ChangeWork, turn: HostTurn) {
    this.#work = work
    this.#turn = turn
  }

  /** Judges the host before anything is touched; one on which an interrupted change goes on was judged before. False is told as an Item. */
  async precheck(): Promise<boolean> {
    const { log, clock, built } = this.#work
    if (log.state.touched(this.#turn.host.name).length > 0) return true
    const startedAt = clock.now()
    try {
      await this.#demand(built.precheck, await this.#place())
      return true
    } catch (error) {
      await this.#tell('precheck', 'precheck', startedAt, { outcome: 'failed', ...troubleOf(error), ...notRollbackable })
      return false
    }
  }

  /** Does every step that is not done yet, then the handlers of what changed. False when one failed; its Item is told. */
  async apply(): Promise<boolean> {
    const { steps, handlers } = this.#work.built
    for (const step of steps) if (!(await this.#told(step, () => this.#doStep(step)))) return false
    for (const handler of handlers) {
      if (this.#isCalled(handler) && !(await this.#told(handler, () => this.#doStep(handler)))) return false
    }
    return true
  }

  /** Takes back what was begun, last first, then calls the handlers again. False when something could not be taken back; its Item is told. */
  async undo(): Promise<boolean> {
    const { log, built } = this.#work
    const standing = log.state.standing(this.#turn.host.name)
    const isHandler = ({ step }: Touched): boolean => built.step(step)?.spec.on !== undefined
    let whole = true
    for (const touched of standing.filter(entry => !isHandler(entry))) whole = (await this.#undoStep(touched)) && whole
    for (const touched of standing.filter(isHandler).reverse()) whole = (await this.#undoStep(touched)) && whole
    return whole
  }

  async #doStep(step: BuiltStep): Promise<Part> {
    const { log } = this.#work
    const { host } = this.#turn
    const { spec, kind } = step
    if (log.state.isDone(host.name, spec.id)) return { outcome: 'ok', message: 'done before' }
    const place = await this.#place()
    await this.#demand(step.precheck, place)
    const begun = log.state.touched(host.name).find(touched => touched.step === spec.id)
    const before = begun?.before ?? (await kind.capture(place))
    if (!begun && !kind.needed(before)) {
      log.note({ is: 'result', host: host.name, step: spec.id, outcome: 'ok' })
      await this.#demand(step.verify, place)
      return { outcome: 'ok' }
    }
    await log.commit({ is: 'intent', host: host.name, step: spec.id, before })
    await kind.do(place, before)
    await kind.verify(place, before)
    await this.#demand(step.verify, place)
    log.note({ is: 'result', host: host.name, step: spec.id, outcome: 'changed' })
    return { outcome: 'changed', ...diffOf(kind.diff(before)) }
  }

  async #undoStep({ step: id, before, outcome }: Touched): Promise<boolean> {
    const { log, built, clock, random } = this.#work
    const { host, signal } = this.#turn
    const step = built.step(id)
    const startedAt = clock.now()
    const path = outcome === 'failed' ? `${id}/undo` : id
    const tell = async (part: Part & { outcome: 'undone' | 'stuck' }): Promise<boolean> => {
      const { message } = part
      await log.commit({
        is: 'undone',
        host: host.name,
        step: id,
        outcome: part.outcome,
        ...(message !== undefined && { message }),
      })
      await this.#tell(path, step?.kind.describe() ?? id, startedAt, part)
      return part.outcome === 'undone'
    }
    await log.commit({ is: 'undo', host: host.name, step: id })
    try {
      if (!step) throw new StepError('the step is not in the plan')
      await retry(() => this.#takeBack(step, before), {
        ...undoTries,
        random,
        clock,
        signal,
        isRetryable: error => !(error instanceof NoUndo),
      })
      return await tell({ outcome: 'undone' })
    } catch (error) {
      return tell({ outcome: 'stuck', severity: 'critical', ...troubleOf(error) })
    }
  }

  async #takeBack({ spec, kind }: BuiltStep, before: Json): Promise<void> {
    const place = await this.#place()
    // A handler acts on what the steps have put back: it is not undone but called once more.
    if (spec.on) return kind.do(place, before)
    if (!kind.undo) throw new NoUndo('this step has no undo: a human must look')
    await kind.undo(place, before)
    await kind.verifyUndone?.(place, before)
  }

  #isCalled({ spec }: BuiltStep): boolean {
    const changed = this.#work.log.state.touched(this.#turn.host.name).filter(({ outcome }) => outcome === 'changed')
    return changed.some(({ step }) => spec.on?.includes(step))
  }

  async #demand(checks: readonly Check[], place: StepPlace): Promise<void> {
    for (const check of checks) {
      const { verdict, message } = await check.run(place)
      if (verdict !== 'pass' && verdict !== 'warn') throw new StepError(`${check.title}: ${message}`)
    }
  }

  /** Runs a step and tells its Item; false when it failed. */
  async #told({ spec, kind }: BuiltStep, run: () => Promise<Part>): Promise<boolean> {
    const { log, clock } = this.#work
    const { host, phase } = this.#turn
    const startedAt = clock.now()
    phase?.(kind.describe())
    try {
      await this.#tell(spec.id, kind.describe(), startedAt, await run())
      return true
    } catch (error) {
      const touched = log.state.touched(host.name)
      const part = troubleOf(error)
      if (touched.some(({ step }) => step === spec.id)) {
        log.note({ is: 'result', host: host.name, step: spec.id, outcome: 'failed', message: part.message })
      }
      await this.#tell(spec.id, kind.describe(), startedAt, {
        outcome: 'failed',
        ...part,
        ...(touched.length === 0 && notRollbackable),
      })
      return false
    }
  }

  async #tell(step: string, name: string, startedAt: number, part: Part): Promise<void> {
    const { clock, onItem } = this.#work
    const { host, wave } = this.#turn
    const path = `${wave}/${host.name}/${step}`
    await onItem({ path, host: host.name, name, startedAt: rfc3339(startedAt), durationMs: clock.now() - startedAt, ...part })
  }

  async #place(): Promise<StepPlace> {
    const { connector, clock, sudo, stepTimeoutMs: timeoutMs } = this.#work
    const { host, signal } = this.#turn
    const transport = await connector.connect(host, { signal })
    return stepPlace({ transport, clock, signal, timeoutMs, ...(sudo && { sudo }) })
  }
}

type Part = Pick<Item, 'outcome' | 'reason' | 'message' | 'rollbackable' | 'severity' | 'data'>

/** Nothing was begun on such a host, so there is nothing to take back; a human should hear of it all the same. */
const notRollbackable = { rollbackable: false, severity: 'critical' } as const

class NoUndo extends StepError {}

function troubleOf(error: unknown): { readonly reason: Reason; readonly message: string } {
  const message = error instanceof Error ? error.message : String(error)
  return { reason: error instanceof TransportError ? error.reason : 'error', message }
}

const diffOf = (diff: string): Pick<Item, 'data'> => (diff === '' ? {} : { data: { diff } })

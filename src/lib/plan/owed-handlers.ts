import { isDeepStrictEqual } from 'node:util'
import type { Context } from '../core/context.ts'
import { OpsError } from '../core/errors.ts'
import type { Host } from '../core/host.ts'
import type { Json } from '../core/json.ts'
import type { Plan, StepSpec } from '../core/plan.ts'
import { ChangeLog } from './change-log.ts'
import type { ChangeState } from './change-state.ts'
import { unfinishedChanges } from './unfinished.ts'

type Where = Pick<Context, 'paths' | 'clock' | 'runId' | 'log'>

/** A change that is to begin, to go on or to be looked at. */
interface Next {
  readonly plan: Plan
  readonly hosts: readonly Host[]
  readonly changeId: string
}

/** One handler that one cut-off change called for on one host. */
interface Owed {
  readonly changeId: string
  readonly host: string
  readonly step: string
}

/**
 * Handlers that a change of the same name called for and did not come to, because it was killed on its way forwards or back: its files stand as
 * this one would have them, so that nothing here calls for the handler, and the service would go on for ever with what it had loaded before.
 */
export class OwedHandlers {
  readonly #owed: readonly Owed[]

  private constructor(owed: readonly Owed[]) {
    this.#owed = owed
  }

  /** Of changes that nobody works on. What can not be read is left to who undoes or settles that change. */
  static async find(context: Where, next: Next): Promise<OwedHandlers> {
    const owed: Owed[] = []
    if (next.plan.steps.some(({ on }) => on !== undefined)) {
      for (const { runId } of await unfinishedChanges(context)) {
        if (runId === next.changeId) continue
        const state = await ChangeLog.read(context.paths.state, runId).catch(ignoreDamage)
        if (state?.header?.plan.name === next.plan.name) owed.push(...owedBy(runId, state, next))
      }
    }
    return new OwedHandlers(owed)
  }

  /** Why a handler is called on a host although nothing that it waits for is changed there: which change did not come to it. */
  reason(host: string, step: string): string | undefined {
    const owed = this.#owed.find(each => each.host === host && each.step === step)
    return owed && `called for by ${owed.changeId}, which was cut off`
  }

  /**
   * Writes down in the journals of those changes which of their handlers this one has run, forwards or once it was taken back itself: no third
   * one runs them, and whoever takes one of those changes back calls them once more.
   */
  async answer(context: Where, done: ChangeState): Promise<void> {
    const answered = this.#owed.flatMap(owed => {
      const called = done.touched(owed.host).find(({ step }) => step === owed.step)
      return called?.doneAt === undefined ? [] : [{ ...owed, before: called.before }]
    })
    for (const [changeId, handlers] of Map.groupBy(answered, owed => owed.changeId)) {
      try {
        await using log = await ChangeLog.open(context, changeId)
        for (const { host, step, before } of handlers) log.note({ is: 'answered', host, step, before })
      } catch (error) {
        if (!(error instanceof OpsError)) throw error
        // Then it is run once more, which is what a handler is made for.
        context.log('warn', `${error.message}: what was loaded again is not written down there`)
      }
    }
  }
}

function owedBy(changeId: string, state: ChangeState, { plan, hosts }: Next): Owed[] {
  const called = new Map(state.header?.plan.steps.map(step => [step.id, step]))
  return hosts.flatMap(({ name: host }) => {
    const steps = new Set<string>()
    for (const { id, on, ...handler } of plan.steps) {
      const own = called.get(id)
      if (on === undefined || !own?.on || !isSame(own, { id, ...handler }, host)) continue
      // What waits for a handler is called with it.
      if (state.owes(host, own) || own.on.some(step => steps.has(step))) steps.add(id)
    }
    return [...steps].map(step => ({ changeId, host, step }))
  })
}

const isSame = (one: StepSpec, other: StepSpec, host: string): boolean =>
  one.kind === other.kind && isDeepStrictEqual(paramsOn(one, host), paramsOn(other, host))

/** As the journal holds them. */
function paramsOn({ params, perHost }: StepSpec, host: string): Json {
  const index = perHost && Object.hasOwn(perHost.of, host) ? perHost.of[host] : undefined
  const found = index === undefined ? params : (perHost?.variants[index] ?? null)
  return JSON.parse(JSON.stringify(found))
}

function ignoreDamage(error: unknown): undefined {
  if (!(error instanceof OpsError)) throw error
  return undefined
}

import { isDeepStrictEqual } from 'node:util'
import type { Context } from '../core/context.ts'
import { OpsError } from '../core/errors.ts'
import type { Host } from '../core/host.ts'
import type { Json } from '../core/json.ts'
import type { Plan, StepSpec } from '../core/plan.ts'
import { ChangeLog } from './change-log.ts'
import type { ChangeState } from './change-state.ts'
import { unfinishedRuns } from './unfinished-runs.ts'

type Where = Pick<Context, 'paths' | 'clock' | 'runId' | 'log'>

/** One handler that one cut-off change called for on one host. */
interface Owed {
  readonly changeId: string
  readonly host: string
  readonly step: string
}

/**
 * Handlers that a change of the same name called for and did not come to, because it was killed: its files stand as this one would have
 * them, so that nothing here calls for the handler, and the service would go on for ever with what it had loaded before.
 */
export class OwedHandlers {
  readonly #owed: readonly Owed[]

  private constructor(owed: readonly Owed[]) {
    this.#owed = owed
  }

  /** With the hosts locked, so that nobody works on them any more. What can not be read is left to who undoes or settles that change. */
  static async find({ paths, runId }: Where, plan: Plan, hosts: readonly Host[]): Promise<OwedHandlers> {
    const owed: Owed[] = []
    if (plan.steps.some(({ on }) => on !== undefined)) {
      for (const changeId of unfinishedRuns(paths.state)) {
        if (changeId === runId) continue
        const state = await ChangeLog.read(paths.state, changeId).catch(ignoreDamage)
        if (state?.header?.plan.name === plan.name) owed.push(...owedBy(changeId, state, { plan, hosts }))
      }
    }
    return new OwedHandlers(owed)
  }

  /** The change that called for a handler on a host and did not come to it. */
  by(host: string, step: string): string | undefined {
    return this.#owed.find(owed => owed.host === host && owed.step === step)?.changeId
  }

  /**
   * Writes down in the journals of those changes which of their handlers this one has run: no third one runs them, and whoever takes one of
   * those changes back calls them once more.
   */
  async answer(context: Where, done: ChangeState): Promise<void> {
    const answered = this.#owed.flatMap(owed => {
      const before = done.touched(owed.host).find(({ step, outcome }) => step === owed.step && outcome === 'changed')?.before
      return before === undefined ? [] : [{ ...owed, before }]
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

function owedBy(
  changeId: string,
  state: ChangeState,
  { plan, hosts }: { readonly plan: Plan; readonly hosts: readonly Host[] },
): Owed[] {
  const handlers = plan.steps.filter(({ on }) => on !== undefined)
  return hosts.flatMap(({ name: host }) =>
    handlers
      .filter(handler => {
        const called = state.header?.plan.steps.find(({ id }) => id === handler.id)
        return called?.on && isSame(called, handler, host) && wasCalled(state, { host, handler: called })
      })
      .map(({ id }) => ({ changeId, host, step: id })),
  )
}

/** A step that was begun, that failed, or that could not be taken back may have been done; a handler that was begun may not. */
function wasCalled(state: ChangeState, { host, handler }: { readonly host: string; readonly handler: StepSpec }): boolean {
  const touched = state.touched(host)
  if (touched.some(({ step, outcome }) => step === handler.id && outcome === 'changed')) return false
  return state.standing(host).some(({ step }) => handler.on?.includes(step))
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

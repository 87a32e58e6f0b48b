import type { Check, CheckSpec } from '../core/check.ts'
import type { Context } from '../core/context.ts'
import { OpsError } from '../core/errors.ts'
import type { Json } from '../core/json.ts'
import { ParamsError } from '../core/params.ts'
import type { Plan, StepKind, StepSpec } from '../core/plan.ts'

/** A step with its kind and checks at hand. */
export interface BuiltStep {
  readonly spec: StepSpec
  /** How it works on a host; undefined where it is left out. */
  on(host: string): StepKind | undefined
  /** All ways in which it works on some host. */
  readonly kinds: readonly StepKind[]
  readonly precheck: readonly Check[]
  readonly verify: readonly Check[]
}

/** A plan whose components are loaded and whose parameters are checked. */
export interface BuiltPlan {
  readonly plan: Plan
  /** In the order in which they run. */
  readonly steps: readonly BuiltStep[]
  readonly handlers: readonly BuiltStep[]
  /** Must pass on a host before anything on it is touched. */
  readonly precheck: readonly Check[]
  readonly gates: readonly Check[]
  /** Must pass over a new login before a host's change is kept. */
  readonly confirm: readonly Check[]
  step(id: string): BuiltStep | undefined
}

/** @throws OpsError E_PLAN, E_USAGE for a kind or type that does not exist */
export async function buildPlan(context: Pick<Context, 'component'>, plan: Plan): Promise<BuiltPlan> {
  const built = await Promise.all(plan.steps.map(spec => buildStep(context, spec)))
  if (plan.hold) for (const step of built) demandLone(step)
  return {
    plan,
    steps: built.filter(({ spec }) => spec.on === undefined),
    handlers: built.filter(({ spec }) => spec.on !== undefined),
    precheck: await buildChecks(context, plan.precheck ?? []),
    gates: await buildChecks(context, plan.gates),
    confirm: await buildChecks(context, plan.hold?.confirm ?? []),
    step: id => built.find(({ spec }) => spec.id === id),
  }
}

async function buildStep(context: Pick<Context, 'component'>, spec: StepSpec): Promise<BuiltStep> {
  const component = await context.component('step', spec.kind)
  const build = (params: Json): StepKind => named(spec.id, () => component.build(params))
  const common = build(spec.params)
  const { variants, of } = spec.perHost ?? { variants: [], of: {} }
  const special = variants.map(params => (params === null ? undefined : build(params)))
  return {
    spec,
    kinds: [common, ...special.flatMap(kind => kind ?? [])],
    on(host) {
      const index = Object.hasOwn(of, host) ? of[host] : undefined
      return index === undefined ? common : special[index]
    },
    precheck: await buildChecks(context, spec.precheck),
    verify: await buildChecks(context, spec.verify),
  }
}

/** A host that is left to itself has only its shell. @throws OpsError E_PLAN */
function demandLone({ spec, kinds }: BuiltStep): void {
  const can = (kind: StepKind): boolean => (spec.on ? kind.doAlone : kind.undoAlone) !== undefined
  if (kinds.every(can)) return
  throw new OpsError('E_PLAN', `${spec.id}: a host can not take this ${spec.kind} step back by itself, as hold asks of it`, {
    hint:
      spec.kind === 'command' ? 'say with rollback: what takes it back' : 'leave out hold, or make this step a change of its own',
  })
}

function buildChecks(context: Pick<Context, 'component'>, specs: readonly CheckSpec[]): Promise<Check[]> {
  return Promise.all(
    specs.map(async ({ type, params }) => {
      const component = await context.component('check', type)
      return named(type, () => component.build(params))
    }),
  )
}

function named<T>(name: string, build: () => T): T {
  try {
    return build()
  } catch (cause) {
    if (!(cause instanceof ParamsError)) throw cause
    throw new OpsError('E_PLAN', `${name}: ${cause.message}`, { cause, ...(cause.hint !== undefined && { hint: cause.hint }) })
  }
}

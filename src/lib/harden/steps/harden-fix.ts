import { z } from 'zod'
import { defineStep } from '../../core/component.ts'
import type { Json } from '../../core/json.ts'
import { jsonSchemaOf } from '../../core/json-schema.ts'
import { ParamsError, parseParams } from '../../core/params.ts'
import { StepError, type StepKind, type StepPlace } from '../../core/plan.ts'
import { type Facts, type Rule, RuleUnseen } from '../../core/rule.ts'
import {
  captureSteps,
  demandOwnSteps,
  demandUndone,
  differenceOf,
  doStep,
  InnerStep,
  undoSteps,
  undoStepsAlone,
} from '../inner-steps.ts'
import { judgeRule } from '../judge.ts'
import { lookAtHost } from '../look-at-host.ts'
import { allRules } from '../rule-list.ts'
import { validateAfter, validateBefore } from '../validation.ts'

const Params = z.strictObject({ rule: z.string().describe('id of the rule') })

const Before = z.object({
  evidence: z.string(),
  /** What makes the rule hold, with the pre-image of each; empty where it holds already. */
  steps: z.array(InnerStep),
})

/** Makes one rule hold on a host. Whether it worked is judged by looking again, not by what the steps say of themselves. */
export default defineStep({
  type: 'harden-fix',
  version: '1.0.0',
  summary: 'makes a rule of the security baseline hold',
  stability: 'beta',
  internal: true,
  schema: jsonSchemaOf(Params),
  example: { rule: 'files-passwd' },
  build: config => hardenFix(config),
})

function hardenFix(config: Json): StepKind {
  const params = parseParams(Params, config)
  const rule = allRules().find(({ id }) => id === params.rule)
  if (!rule) throw new ParamsError(`there is no rule '${params.rule}'`, { path: ['rule'] })
  const stepsOf = (before: Json): readonly InnerStep[] => Before.parse(before).steps
  return {
    describe: () => rule.title,
    capture: place => capture(place, rule),
    needed: before => stepsOf(before).length > 0,
    diff: before => differenceOf(stepsOf(before)),
    async do(place, before) {
      for (const step of stepsOf(before)) {
        await validateBefore(place, rule.area, step)
        await doStep(place, step)
      }
      await validateAfter(place, rule.area)
    },
    async verify(place) {
      const { result, evidence } = judgeRule(rule, await look(place, rule))
      if (result !== 'pass') throw new StepError(`${rule.id} still does not hold: ${evidence}`)
    },
    undo: (place, before) => undoSteps(place, stepsOf(before)),
    demandOwn: (place, before) => demandOwnSteps(place, stepsOf(before)),
    verifyUndone: (place, before) => demandUndone(place, stepsOf(before)),
    undoAlone: before => undoStepsAlone(stepsOf(before)),
  }
}

async function capture(place: StepPlace, rule: Rule): Promise<Json> {
  const facts = await look(place, rule)
  const { result, evidence } = judgeRule(rule, facts)
  if (result === 'error') throw new StepError(`${rule.id} can not be judged: ${evidence}`)
  if (result !== 'fail') return { evidence, steps: [] }
  const fix = rule.fix?.(facts)
  if (!fix) throw new StepError(`${rule.id} can only be mended by a human: ${evidence}`)
  const steps = await captureSteps(place, fix)
  // The steps hold whole files as they were at the first look: what was written since would be lost.
  if (JSON.stringify(await look(place, rule)) !== JSON.stringify(facts)) {
    throw new StepError(`${rule.id}: what it looks at changed meanwhile; try again`)
  }
  return { evidence, steps }
}

async function look(place: StepPlace, rule: Rule): Promise<Facts> {
  try {
    return await lookAtHost(place, [rule])
  } catch (error) {
    if (error instanceof RuleUnseen) throw new StepError(error.message)
    throw error
  }
}

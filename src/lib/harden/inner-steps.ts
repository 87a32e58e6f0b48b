import { z } from 'zod'
import type { Component } from '../core/component.ts'
import type { Json } from '../core/json.ts'
import { type LoneCommand, StepError, type StepKind, type StepPlace } from '../core/plan.ts'
import type { FixStep } from '../core/rule.ts'
import command from '../plan/steps/command.ts'
import sysctl from '../plan/steps/sysctl.ts'
import writeFile from '../plan/steps/write-file.ts'
import lockAccount from './steps/lock-account.ts'
import permissions from './steps/permissions.ts'
import spreadSettings from './steps/spread-settings.ts'

/** The kinds that a fix may be made of. They are named here since a step is built without the registry. */
const kinds: readonly Component<'step'>[] = [command, sysctl, writeFile, permissions, lockAccount, spreadSettings]

export const InnerStep = z.object({ kind: z.string(), params: z.json(), before: z.json() })
export type InnerStep = z.output<typeof InnerStep>

/** The pre-images of all steps: taken before the first is done, so no two may work on the same. */
export async function captureSteps(place: StepPlace, steps: readonly FixStep[]): Promise<InnerStep[]> {
  const captured: InnerStep[] = []
  for (const { kind, params } of steps) {
    captured.push(InnerStep.parse({ kind, params, before: await kindOf({ kind, params }).capture(place) }))
  }
  return captured
}

export function differenceOf(steps: readonly InnerStep[]): string {
  return steps.map(step => (kindOf(step).needed(step.before) ? kindOf(step).diff(step.before) : '')).join('')
}

export async function doStep(place: StepPlace, step: InnerStep): Promise<void> {
  if (kindOf(step).needed(step.before)) await kindOf(step).do(place, step.before)
}

/** Last first. All are tried: what one can not take back must not keep the others. @throws StepError */
export async function undoSteps(place: StepPlace, steps: readonly InnerStep[]): Promise<void> {
  const troubles: string[] = []
  for (const step of steps.toReversed()) {
    await kindOf(step)
      .undo?.(place, step.before)
      .catch((error: unknown) => {
        if (!(error instanceof StepError)) throw error
        troubles.push(error.message)
      })
  }
  if (troubles.length > 0) throw new StepError(troubles.join('; '))
}

/** @throws StepError when somebody else changed what one of them left, so that taking it back would destroy that */
export async function demandOwnSteps(place: StepPlace, steps: readonly InnerStep[]): Promise<void> {
  for (const step of steps) await kindOf(step).demandOwn?.(place, step.before)
}

/** @throws StepError when one is not as before */
export async function demandUndone(place: StepPlace, steps: readonly InnerStep[]): Promise<void> {
  for (const step of steps) await kindOf(step).verifyUndone?.(place, step.before)
}

/** Last first. @throws StepError for a kind that a host can not take back by itself */
export function undoStepsAlone(steps: readonly InnerStep[]): LoneCommand[] {
  return steps.toReversed().flatMap(step => {
    const commands = kindOf(step).undoAlone?.(step.before)
    if (!commands) throw new StepError(`a host can not take back a ${step.kind} step by itself`)
    return commands
  })
}

function kindOf({ kind, params }: { readonly kind: string; readonly params: Json }): StepKind {
  const component = kinds.find(({ type }) => type === kind)
  if (!component) throw new StepError(`a fix can not have a ${kind} step`)
  return component.build(params)
}

import type { Check } from '../core/check.ts'
import { StepError, type StepPlace } from '../core/plan.ts'

/** @throws StepError for the first check that does not pass: no answer is not a pass */
export async function demandChecks(checks: readonly Check[], place: StepPlace): Promise<void> {
  for (const check of checks) {
    const { verdict, message } = await check.run(place)
    if (verdict !== 'pass' && verdict !== 'warn') throw new StepError(`${check.title}: ${message}`)
  }
}

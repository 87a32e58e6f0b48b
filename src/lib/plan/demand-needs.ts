import { StepError, type StepKind, type StepPlace } from '../core/plan.ts'

/** @throws StepError naming everything that the host lacks */
export async function demandNeeds(place: StepPlace, kind: StepKind | undefined): Promise<void> {
  const missing = (await kind?.needs?.(place)) ?? []
  if (missing.length > 0) throw new StepError(`${kind?.describe()}: ${missing.join('; ')}`)
}

import type { StepPlace } from '../core/plan.ts'
import { type Facts, type Rule, RuleUnseen } from '../core/rule.ts'
import { runScript } from '../plan/steps/on-host.ts'
import { lookArgs, readFacts, unitedLooks } from './look.ts'
import { lookScript } from './look-script.ts'

/** Everything that these rules look at, in one round trip. @throws StepError, TransportError */
export async function lookAtHost(place: StepPlace, rules: readonly Pick<Rule, 'look'>[]): Promise<Facts> {
  const printed = await runScript(place, lookScript, { args: lookArgs(unitedLooks(rules.map(({ look }) => look))) })
  const facts = readFacts(printed)
  if (!facts) throw new RuleUnseen(`could not ${lookScript.does}: the host answered something else`)
  return facts
}

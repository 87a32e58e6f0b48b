import type { StepPlace } from '../core/plan.ts'
import { type Facts, type Looks, type Rule, RuleUnseen } from '../core/rule.ts'
import { runScript } from '../plan/steps/on-host.ts'
import { lookArgs, readFacts, unitedLooks } from './look.ts'
import { lookScript } from './look-script.ts'
import { sshdConfigFile, sshdIncludes } from './sshd-config.ts'
import { sudoersFile, sudoersIncludes } from './sudoers.ts'

/** Files that include files that include files: sshd goes as deep. */
const maxRounds = 16

/**
 * Everything that these rules look at, in one round trip; one more where files of sshd or sudo include others than usual.
 * @throws StepError, TransportError, RuleUnseen
 */
export async function lookAtHost(place: StepPlace, rules: readonly Pick<Rule, 'look'>[]): Promise<Facts> {
  const look = unitedLooks(rules.map(rule => rule.look))
  let facts = await lookOnce(place, look)
  const seen = new Set(look.texts)
  for (let round = 0; round < maxRounds; round++) {
    const more = includesOf(look, facts).filter(pattern => !seen.has(pattern))
    if (more.length === 0) break
    for (const pattern of more) seen.add(pattern)
    const { texts } = await lookOnce(place, { texts: [...new Set(more)] })
    facts = { ...facts, texts: [...facts.texts, ...texts] }
  }
  return facts
}

function includesOf({ texts = [] }: Looks, facts: Facts): string[] {
  return [
    ...(texts.includes(sshdConfigFile) ? sshdIncludes(facts) : []),
    ...(texts.includes(sudoersFile) ? sudoersIncludes(facts) : []),
  ]
}

async function lookOnce(place: StepPlace, look: Looks): Promise<Facts> {
  const facts = readFacts(await runScript(place, lookScript, { args: lookArgs(look) }))
  if (!facts) throw new RuleUnseen(`could not ${lookScript.does}: the host answered something else`)
  return facts
}

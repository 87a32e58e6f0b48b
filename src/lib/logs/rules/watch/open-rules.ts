import { join } from 'node:path'
import { type AlertingConfig, openAlerting } from '../../../alert/index.ts'
import { acquireLock } from '../../../run/lock.ts'
import type { RulePlace } from '../../pipeline/stages.ts'
import type { Rule } from '../rule.ts'
import { RulesWatch } from './rules-watch.ts'

export interface OpeningRules {
  readonly rules: readonly Rule[]
  readonly sources: readonly string[]
  /** Who is told of what; absent: nobody, but the log. */
  readonly config?: AlertingConfig
}

/** Begins to watch, and goes on with the incidents of the run before. @throws OpsError E_LOCKED, E_STATE */
export async function openRules(place: RulePlace, { rules, sources, config }: OpeningRules): Promise<RulesWatch> {
  const { clock, log, random, directory, runId, secret, shared } = place
  const known = { rules, sources, clock, log, path: join(directory, 'rules.json') }
  if (config === undefined) return new RulesWatch(known)
  const alerting = await openAlerting({
    directory: join(directory, 'alerts'),
    config,
    clock,
    log,
    random,
    shared,
    secret,
    lock: path => acquireLock(path, { runId, command: 'ship-logs', clock }),
  })
  return new RulesWatch({ ...known, raise: alerts => alerting.raise(alerts), close: () => alerting.close() })
}

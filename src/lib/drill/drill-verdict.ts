import type { Item, Verdict } from '../core/item.ts'
import type { Ending } from './drill-watch.ts'

/**
 * What a drill came to. `failed`: the system is not as its playbook says. `invalid`: nothing was learned, since a fault was not injected,
 * did not bite or did not last. `inconclusive`: data is missing, or it was ended before its time.
 */
export type DrillVerdict = 'passed' | 'failed' | 'invalid' | 'inconclusive'

/** Only what was seen to be wrong is a failure, and only what was seen to be right is none. */
export const verdictOf: Readonly<Record<DrillVerdict, Verdict>> = {
  passed: 'pass',
  failed: 'fail',
  invalid: 'unknown',
  inconclusive: 'unknown',
}

interface Seen {
  /** Of the injection: what is not a pass did not bite. */
  readonly faults: readonly Item[]
  readonly objectives: readonly Item[]
  readonly steady: readonly Item[]
  readonly ending?: Ending
}

export function judgeDrill({ faults, objectives, steady, ending }: Seen): {
  readonly is: DrillVerdict
  readonly message: string
} {
  const judged = [...objectives, ...steady]
  const broken = judged.find(({ verdict }) => verdict === 'fail')
  if (broken) return { is: 'failed', message: `${broken.name}: ${broken.message ?? 'it does not hold'}` }
  if (ending?.is === 'aborted') return { is: 'failed', message: ending.message }
  if (ending) return { is: 'inconclusive', message: `ended before its time: ${ending.message}` }
  const lame = faults.find(({ verdict, outcome }) => verdict !== 'pass' && verdict !== 'warn' && outcome !== 'stuck')
  if (lame) return { is: 'invalid', message: `${lame.host ?? lame.name}: ${lame.message ?? 'not injected'}` }
  const unknown = judged.find(({ verdict }) => verdict !== 'pass' && verdict !== 'warn')
  if (unknown) return { is: 'inconclusive', message: `${unknown.name}: ${unknown.message ?? 'nobody knows'}` }
  return { is: 'passed', message: 'all that the playbook asks for holds' }
}

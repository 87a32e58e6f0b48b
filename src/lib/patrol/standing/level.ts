import type { AlertSeverity } from '../../core/alert.ts'
import type { Verdict } from '../../core/item.ts'
import type { SlaClass } from '../../probe/index.ts'

/** How something stands, best first. `unknown` is an answer that could not be had: worse than a warning, since nobody knows how bad. */
export const levels = ['pass', 'warn', 'unknown', 'fail'] as const
export type Level = (typeof levels)[number]

/** What does not apply is nothing to worry about. */
export const levelOf = (verdict: Verdict): Level => (verdict === 'na' ? 'pass' : verdict)

/** It counts against the check. */
export const isBad = (level: Level): boolean => level === 'fail' || level === 'unknown'

export const worstLevel = (several: readonly Level[]): Level =>
  several.reduce((worst, each) => (levels.indexOf(each) > levels.indexOf(worst) ? each : worst), 'pass')

const ofBad: Readonly<Record<SlaClass, AlertSeverity>> = { P0: 'critical', P1: 'warning', P2: 'info' }

/** How urgent a check of that class is when it stands like that; undefined when it is well. */
export function severityOf(level: Level, sla: SlaClass): AlertSeverity | undefined {
  if (level === 'pass') return undefined
  if (level === 'warn') return sla === 'P2' ? 'info' : 'warning'
  return ofBad[sla]
}

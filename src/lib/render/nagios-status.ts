import { exitCodeOf } from '../core/exit.ts'
import type { Report } from '../core/report.ts'

/** The states of a Nagios service, by the exit code of the plugin. */
export const nagiosStates = ['OK', 'WARNING', 'CRITICAL', 'UNKNOWN'] as const
export type NagiosState = (typeof nagiosStates)[number]

/**
 * What a report is for Nagios: CRITICAL as soon as anything is known to be bad, however the run ended; UNKNOWN when it was cut
 * short, nothing was reached or nothing was done; WARNING for a warning or pending changes. The plugin's exit code is the index in
 * nagiosStates.
 */
export function nagiosStatus(report: Report): NagiosState {
  const { stopped: _, ...complete } = report
  if (criticalExits.includes(exitCodeOf(complete))) return 'CRITICAL'
  if (report.stopped !== undefined || report.counts.total === 0) return 'UNKNOWN'
  const exit = exitCodeOf(report)
  if (exit === 4) return 'WARNING'
  if (exit !== 0) return 'UNKNOWN'
  return report.counts.byVerdict.warn ? 'WARNING' : 'OK'
}

const criticalExits: readonly number[] = [1, 5, 6]

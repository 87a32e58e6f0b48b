import type { CheckResult } from '../core/check.ts'
import { OpsError } from '../core/errors.ts'

/** Of a look that the end of the run cut short, or that was never begun: nothing is known. */
export function stoppedLook({ reason }: AbortSignal, what: 'stopped' | 'not started'): CheckResult {
  return reason instanceof OpsError && reason.code === 'E_DEADLINE'
    ? { verdict: 'unknown', reason: 'deadline', message: `${what}: the deadline of the run passed` }
    : { verdict: 'unknown', reason: 'cancelled', message: `${what}: the run was interrupted` }
}

/** Whether a check told by itself that the end of the run cut it short, and maybe what else it saw. */
export const isStopped = ({ reason }: CheckResult): boolean => reason === 'cancelled' || reason === 'deadline'

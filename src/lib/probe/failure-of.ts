import { NetError } from '../net/net-error.ts'
import type { Progress } from '../net/progress.ts'
import { LookTimeout } from './endpoint-check.ts'
import type { ObservationFailure } from './observation.ts'

/**
 * Why a look did not come to its end: the trouble of the endpoint, or that its time was over. What else is thrown (an interrupt, the
 * way to the host from which it was looked) is thrown on.
 */
export function failureOf(error: unknown, { phase }: Progress): ObservationFailure {
  if (error instanceof NetError) return { reason: error.reason, message: error.message, phase: error.phase }
  if (!(error instanceof LookTimeout)) throw error
  const unreached = phase === 'resolve' || phase === 'connect'
  const message = during[phase]
  return { reason: unreached ? 'no-answer' : 'timeout', message: `${message} within ${error.ms} ms`, phase }
}

const during = {
  resolve: 'the resolver gave no answer',
  connect: 'no connection was made',
  tls: 'the handshake was not done',
  wait: 'the server gave no answer',
  transfer: 'the answer was not complete',
} as const

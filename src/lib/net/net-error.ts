import type { Reason } from '../core/item.ts'
import type { Phase, Phases } from './phases.ts'

/** Why a server could not be asked, or did not answer as it should. */
export class NetError extends Error {
  override readonly name = 'NetError'
  readonly reason: Reason
  /** The stage in which it happened. */
  readonly phase: Phase
  /** The stages that were done until then. */
  readonly phases: Phases

  constructor(
    reason: Reason,
    message: string,
    { phase, phases = {}, cause }: { readonly phase: Phase; readonly phases?: Phases; readonly cause?: unknown },
  ) {
    super(message, cause === undefined ? undefined : { cause })
    this.reason = reason
    this.phase = phase
    this.phases = phases
  }
}

/** By the system's error code (errno(3), and those of the resolver and of the runtime). */
const byCode: Readonly<Record<string, { readonly reason: Reason; readonly message: string }>> = {
  ENOTFOUND: { reason: 'dns', message: 'the name does not exist' },
  EAI_NONAME: { reason: 'dns', message: 'the name does not exist' },
  EAI_AGAIN: { reason: 'dns', message: 'the resolver gives no answer' },
  EAI_NODATA: { reason: 'dns', message: 'the name has no address' },
  ENODATA: { reason: 'dns', message: 'the name has no address' },
  ECONNREFUSED: { reason: 'refused', message: 'connection refused' },
  ENOENT: { reason: 'missing', message: 'there is no such socket' },
  EACCES: { reason: 'no-route', message: 'permission denied' },
  EPERM: { reason: 'no-route', message: 'operation not permitted: a firewall of this machine says so' },
  EHOSTUNREACH: { reason: 'no-route', message: 'no route to host' },
  ENETUNREACH: { reason: 'no-route', message: 'network is unreachable' },
  EADDRNOTAVAIL: { reason: 'no-route', message: 'no address to connect from' },
  EAFNOSUPPORT: { reason: 'no-route', message: 'the family of the address is not supported here' },
  ETIMEDOUT: { reason: 'no-answer', message: 'the address is silent' },
  ECONNRESET: { reason: 'reset', message: 'connection reset' },
  EPIPE: { reason: 'reset', message: 'connection closed' },
}

/** Words for an error of the system; what is no such error keeps its own. */
export function netError(error: unknown, at: { readonly phase: Phase; readonly phases?: Phases }): NetError {
  if (error instanceof NetError) return error
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const known = byCode[code]
  const message = known?.message ?? (error instanceof Error ? error.message : String(error))
  return new NetError(known?.reason ?? 'error', message, { ...at, cause: error })
}

import type { Dialogue } from '../dialogue.ts'
import { NetError } from '../net-error.ts'

/** How a protocol that begins without TLS goes over to it. */
export interface StartTlsProtocol {
  /** Where its servers listen. */
  readonly port: number
  /** Until the server waits for the handshake. @throws NetError, by `refused` where the server does not offer TLS */
  ask(dialogue: Dialogue, server: string): Promise<void>
}

/** The server said no, or something that is no answer. */
export function refused(answer: string): NetError {
  const shown = answer.replace(/[\p{Cc}\p{Cf}]/gu, '?').slice(0, 200)
  return new NetError('tls', `the server does not go over to TLS: ${shown}`, { phase: 'wait' })
}

import type { CheckPlace } from '../core/check.ts'
import type { StartTls } from '../net/tls/start-tls.ts'
import { TlsContexts } from '../net/tls/tls-contexts.ts'
import { Semaphore } from '../run/semaphore.ts'

/**
 * Handshakes at once in a whole run: where more are in flight, the runtime lets some wait for a second and more, and none gets through
 * faster.
 */
export const handshakeSlots = (): Semaphore => new Semaphore(20)

export const tlsContexts = (): TlsContexts => new TlsContexts()

/** What all TLS connections of a run share, for `startTls`. */
export function tlsTools({ shared }: CheckPlace): Pick<StartTls, 'slots' | 'contexts'> {
  return shared ? { slots: shared.of(handshakeSlots), contexts: shared.of(tlsContexts) } : {}
}

import type { Reason } from '../../core/item.ts'
import { NetError, netError } from '../net-error.ts'
import type { Phase } from '../phases.ts'

export interface TlsFailure {
  readonly phase: Phase
  /** What the server had sent until then; an alert alone is 7 bytes. Absent when it is not known. */
  readonly received?: number
}

/**
 * Words for an error of a TLS stream: of the handshake, or after it (a server of TLS 1.3 refuses a client's certificate only then).
 * What is no error of TLS is one of the connection.
 */
export function tlsFailure(error: unknown, { phase, received = 0 }: TlsFailure): NetError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const alert = /^ERR_(?:SSL|OSSL)_(?:SSLV3_ALERT_|TLSV1_ALERT_)?(.*)$/.exec(code)?.[1]
  if (alert === undefined) return netError(error, { phase })
  const known = byAlert(alert, received) ?? { reason: 'tls', message: alert.toLowerCase().replaceAll('_', ' ') }
  return new NetError(known.reason, known.message, { phase, cause: error })
}

interface Known {
  readonly reason: Reason
  readonly message: string
}

/** Alerts of RFC 8446, section 6.2, as BoringSSL calls them, and what it says itself. */
function byAlert(alert: string, received: number): Known | undefined {
  // A server that had said more than this agreed on a cipher: what it misses is a certificate of ours.
  if (alert === 'HANDSHAKE_FAILURE' && received > 64) {
    return {
      reason: 'tls-client',
      message: 'the server breaks off after its own certificate: it wants a certificate of the client',
    }
  }
  return alerts[alert]
}

const noVersion: Known = { reason: 'tls-protocol', message: 'no protocol version that both sides allow' }
const noCipher: Known = { reason: 'tls-protocol', message: 'no cipher or parameters that both sides allow' }
const notTls: Known = { reason: 'tls', message: 'what the server says is not TLS' }
const refusesOurs = (why: string): Known => ({
  reason: 'tls-client',
  message: `the server refuses the certificate of the client: ${why}`,
})

const alerts: Readonly<Record<string, Known>> = {
  PROTOCOL_VERSION: noVersion,
  UNSUPPORTED_PROTOCOL: noVersion,
  WRONG_SSL_VERSION: noVersion,
  INAPPROPRIATE_FALLBACK: noVersion,
  HANDSHAKE_FAILURE: noCipher,
  INSUFFICIENT_SECURITY: noCipher,
  NO_SHARED_CIPHER: noCipher,
  NO_COMMON_SIGNATURE_ALGORITHMS: noCipher,
  CERTIFICATE_REQUIRED: { reason: 'tls-client', message: 'the server wants a certificate of the client' },
  NO_CERTIFICATE: { reason: 'tls-client', message: 'the server wants a certificate of the client' },
  UNKNOWN_CA: refusesOurs('it does not know its authority'),
  BAD_CERTIFICATE: refusesOurs('it is bad'),
  UNSUPPORTED_CERTIFICATE: refusesOurs('it is of an unsupported kind'),
  CERTIFICATE_EXPIRED: refusesOurs('it has expired'),
  CERTIFICATE_REVOKED: refusesOurs('it is revoked'),
  CERTIFICATE_UNKNOWN: refusesOurs('it does not say why'),
  ACCESS_DENIED: refusesOurs('access denied'),
  DECRYPT_ERROR: refusesOurs('its signature is wrong'),
  UNRECOGNIZED_NAME: { reason: 'tls-name', message: 'the server does not know the name that it was asked for' },
  NO_APPLICATION_PROTOCOL: { reason: 'tls-protocol', message: 'no application protocol (ALPN) that both sides know' },
  WRONG_VERSION_NUMBER: notTls,
  HTTP_REQUEST: notTls,
  EXCESSIVE_MESSAGE_SIZE: { reason: 'too-large', message: 'the certificates of the server are larger than anybody accepts' },
}

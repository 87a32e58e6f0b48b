import type { Reason } from '../core/item.ts'

/** What a TLS server showed of itself, whether it is trusted or not. */
export interface TlsSeen {
  /** `TLSv1.3`. */
  readonly protocol: string
  readonly cipher: string
  /** `h2`, `http/1.1`; absent when none was agreed on. */
  readonly alpn?: string
  /** As the server sent them, its own first; the authority at the end, sent or not, where it is known. */
  readonly chain: readonly CertificateSeen[]
  /** Of the certificates up to the authority (which may not have been sent): the first to end, seconds since 1970. */
  readonly chainNotAfter?: number
  /** Why it is not accepted, most telling first; empty when it is. */
  readonly problems: readonly { readonly reason: Reason; readonly message: string }[]
  /** What the server's stapled OCSP answer says, if it sent one (RFC 6066, section 8). */
  readonly ocsp?: 'good' | 'revoked' | 'unknown' | 'stale'
}

export interface CertificateSeen {
  /** Distinguished names on one line: `CN=db1, O=Example`. */
  readonly subject: string
  readonly issuer: string
  /** Names that it is for: DNS names and addresses. */
  readonly names: readonly string[]
  /** Hex, lower case. */
  readonly serial: string
  /** SHA-256 over the DER form, hex, lower case. */
  readonly fingerprint: string
  /** Seconds since 1970. */
  readonly notBefore: number
  readonly notAfter: number
  /** `RSA 2048`, `EC P-256`, `Ed25519`. */
  readonly key: string
  /** `sha256WithRSAEncryption`. */
  readonly signature: string
}

import type { X509Certificate } from 'node:crypto'
import { bitsOf, contextTag, DerReader, derTags, type Extension, readExtensions, serialText } from './der.ts'

/** Parts of a certificate in the very bytes that lists and answers about it refer to (RFC 5280, section 4.1). */
export interface CertificateFields {
  readonly serial: string
  /** Names, DER. */
  readonly issuer: Uint8Array
  readonly subject: Uint8Array
  /** The bits of the public key, without its algorithm. */
  readonly key: Uint8Array
  readonly extensions: readonly Extension[]
}

/** @throws DerError for one that only the runtime can read */
export function certificateFields({ raw }: X509Certificate): CertificateFields {
  const tbs = new DerReader(raw).inside().inside()
  tbs.optional(contextTag(0))
  const serial = serialText(tbs.next(derTags.integer))
  tbs.next(derTags.sequence)
  const issuer = tbs.next(derTags.sequence).whole
  tbs.next(derTags.sequence)
  const subject = tbs.next(derTags.sequence).whole
  const info = tbs.inside()
  info.next(derTags.sequence)
  const key = bitsOf(info.next(derTags.bitString))
  tbs.optional(0x81, 0xa1)
  tbs.optional(0x82, 0xa2)
  const extensions = tbs.optional(contextTag(3))
  return {
    serial,
    issuer,
    subject,
    key,
    extensions: extensions ? readExtensions(new DerReader(extensions.content).inside()) : [],
  }
}

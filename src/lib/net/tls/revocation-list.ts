import type { X509Certificate } from 'node:crypto'
import { NetError } from '../net-error.ts'
import { certificateFields } from './certificate-fields.ts'
import {
  contextTag,
  DerError,
  DerReader,
  type DerValue,
  derTags,
  type Extension,
  readExtensions,
  serialText,
  timeOf,
} from './der.ts'
import { isSignedWith, readSigned } from './signed-by.ts'

/** A certificate revocation list (RFC 5280, section 5). Read when it is asked: it may name a million certificates. */
export class RevocationList {
  readonly #der: Uint8Array
  /** Name of the authority, DER. */
  readonly issuer: Uint8Array
  /** Milliseconds since 1970. */
  readonly thisUpdate: number
  readonly nextUpdate: number | undefined
  readonly #entries: DerValue | undefined
  readonly #extensions: readonly Extension[]

  /** @throws DerError */
  constructor(der: Uint8Array) {
    this.#der = der
    const all = new DerReader(der)
    const outer = all.inside()
    const signed = readSigned(outer)
    const tbs = new DerReader(signed.tbs.content)
    tbs.optional(derTags.integer)
    const sameAlgorithm = Buffer.compare(tbs.next(derTags.sequence).whole, signed.algorithm.whole) === 0
    if (!sameAlgorithm || !outer.done || !all.done) throw new DerError('it is not of one piece')
    this.issuer = tbs.next(derTags.sequence).whole
    this.thisUpdate = timeOf(tbs.next())
    const next = tbs.optional(derTags.utcTime, derTags.generalizedTime)
    this.nextUpdate = next && timeOf(next)
    this.#entries = tbs.optional(derTags.sequence)
    const extensions = tbs.optional(contextTag(0))
    this.#extensions = extensions ? readExtensions(new DerReader(extensions.content).inside()) : []
  }

  isOf(authority: X509Certificate): boolean {
    return Buffer.compare(certificateFields(authority).subject, this.issuer) === 0
  }

  isSignedBy(authority: X509Certificate): boolean {
    return isSignedWith(readSigned(new DerReader(this.#der).inside()), authority.publicKey)
  }

  /**
   * It names all revoked certificates of its authority: it is no delta, not limited to some kind, and marks nothing as critical that is
   * not known here.
   */
  get complete(): boolean {
    return this.#extensions.every(({ critical }) => !critical)
  }

  /** When the certificate with this serial number was revoked, milliseconds since 1970. */
  revokedAt(serial: string): number | undefined {
    const entries = new DerReader(this.#entries?.content ?? new Uint8Array())
    while (!entries.done) {
      const entry = entries.inside()
      if (serialText(entry.next(derTags.integer)) === serial) return timeOf(entry.next())
    }
    return undefined
  }
}

/** All lists in PEM texts or DER. @throws NetError for what is no list */
export function revocationLists(texts: readonly (string | Uint8Array)[]): RevocationList[] {
  return texts.flatMap(text => {
    try {
      return derOf(text).map(der => new RevocationList(der))
    } catch (cause) {
      if (!(cause instanceof DerError)) throw cause
      throw new NetError('unreadable', `not a certificate revocation list: ${cause.message}`, { phase: 'tls', cause })
    }
  })
}

function derOf(text: string | Uint8Array): Uint8Array[] {
  const bytes = Buffer.from(text)
  // DER begins with the tag of a sequence, PEM never does.
  if (bytes[0] === derTags.sequence && typeof text !== 'string') return [bytes]
  const blocks = bytes.toString('latin1').matchAll(/-----BEGIN X509 CRL-----([^-]+)-----END X509 CRL-----/g)
  const found = [...blocks].map(([, base64 = '']) => Buffer.from(base64, 'base64'))
  if (found.length === 0) throw new DerError('there is no X509 CRL in it')
  return found
}

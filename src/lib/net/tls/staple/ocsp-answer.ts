import { createHash, type X509Certificate } from 'node:crypto'
import { certificateFields } from '../certificate-fields.ts'
import { parseCertificate } from '../certificate-seen.ts'
import { contextTag, DerError, DerReader, derTags, oidText, serialText, timeOf } from '../der.ts'
import { isSignedWith, readSigned, type Signed } from '../signed-by.ts'

/** What an OCSP answer says of a certificate. `unknown`: nothing that counts. */
export interface OcspVerdict {
  readonly status: 'good' | 'revoked' | 'unknown' | 'stale'
  /** Milliseconds since 1970. */
  readonly revokedAt?: number
}

export interface OcspQuestion {
  readonly certificate: X509Certificate
  readonly issuer: X509Certificate
  /** Milliseconds since 1970. */
  readonly nowMs: number
}

const basicResponse = '1.3.6.1.5.5.7.48.1.1'
const hashes: Readonly<Record<string, string>> = { '1.3.14.3.2.26': 'sha1', '2.16.840.1.101.3.4.2.1': 'sha256' }
/** Clocks differ. */
const skewMs = 300_000
/** An answer that does not say how long it is good for. */
const openEndedMs = 7 * 86_400_000

/** Reads an OCSPResponse (RFC 6960, section 4.2.1): one that is not about this certificate or not signed for its issuer says nothing. */
export function ocspVerdict(response: Uint8Array, question: OcspQuestion): OcspVerdict {
  try {
    return read(response, question)
  } catch (error) {
    if (error instanceof DerError) return { status: 'unknown' }
    throw error
  }
}

function read(response: Uint8Array, question: OcspQuestion): OcspVerdict {
  const outer = new DerReader(response).inside()
  const [status] = outer.next(derTags.enumerated).content
  if (status !== 0) return { status: 'unknown' }
  const typed = outer.inside(contextTag(0)).inside()
  if (oidText(typed.next(derTags.oid)) !== basicResponse) return { status: 'unknown' }
  const basic = new DerReader(typed.next(derTags.octetString).content).inside()
  const signed = readSigned(basic)
  const attached = basic.optional(contextTag(0))
  const signers = [question.issuer, ...(attached ? delegates(new DerReader(attached.content), question) : [])]
  if (!signers.some(signer => isSignedWith(signed, signer.publicKey))) return { status: 'unknown' }
  return singleAnswer(signed, question) ?? { status: 'unknown' }
}

/** Certificates in the answer whose holders may answer for the issuer (RFC 6960, section 4.2.2.2). */
function delegates(list: DerReader, { issuer, nowMs }: OcspQuestion): X509Certificate[] {
  const certificates = list.inside()
  const found: X509Certificate[] = []
  while (!certificates.done && found.length < 5) {
    const certificate = parseCertificate(certificates.next(derTags.sequence).whole)
    if (certificate) found.push(certificate)
  }
  return found.filter(certificate => {
    const inTime = certificate.validFromDate.getTime() <= nowMs && nowMs <= certificate.validToDate.getTime()
    return inTime && signsOcsp(certificate) && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)
  })
}

/** `OCSPSigning` is among what the key may be used for. */
function signsOcsp(certificate: X509Certificate): boolean {
  const usage = certificateFields(certificate).extensions.find(({ oid }) => oid === '2.5.29.37')
  if (!usage) return false
  const purposes = new DerReader(usage.value).inside()
  while (!purposes.done) if (oidText(purposes.next(derTags.oid)) === '1.3.6.1.5.5.7.3.9') return true
  return false
}

function singleAnswer({ tbs }: Signed, question: OcspQuestion): OcspVerdict | undefined {
  const data = new DerReader(tbs.content)
  data.optional(contextTag(0))
  data.next()
  data.next(derTags.generalizedTime)
  const answers = data.inside()
  while (!answers.done) {
    const answer = answers.inside()
    if (!isAbout(answer.inside(), question)) continue
    return verdictOf(answer, question.nowMs)
  }
  return undefined
}

function isAbout(id: DerReader, { certificate, issuer }: OcspQuestion): boolean {
  const hash = hashes[oidText(id.inside().next(derTags.oid))]
  const name = id.next(derTags.octetString).content
  const key = id.next(derTags.octetString).content
  const serial = serialText(id.next(derTags.integer))
  if (hash === undefined) return false
  const same = (bytes: Uint8Array, digest: Uint8Array): boolean => createHash(hash).update(bytes).digest().equals(digest)
  const authority = certificateFields(issuer)
  return serial === certificateFields(certificate).serial && same(authority.subject, name) && same(authority.key, key)
}

function verdictOf(answer: DerReader, nowMs: number): OcspVerdict {
  const status = answer.next()
  const thisUpdate = timeOf(answer.next(derTags.generalizedTime))
  const next = answer.optional(contextTag(0))
  const nextUpdate = next && timeOf(new DerReader(next.content).next(derTags.generalizedTime))
  // [1], with the time: also when the answer is old, since who is revoked stays so.
  if (status.tag === 0xa1)
    return { status: 'revoked', revokedAt: timeOf(new DerReader(status.content).next(derTags.generalizedTime)) }
  const current = thisUpdate - skewMs <= nowMs && nowMs <= (nextUpdate ?? thisUpdate + openEndedMs) + skewMs
  if (!current) return { status: 'stale' }
  return { status: status.tag === 0x80 ? 'good' : 'unknown' }
}

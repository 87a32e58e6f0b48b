import type { X509Certificate } from 'node:crypto'
import { rfc3339 } from '../../../core/clock.ts'
import type { TlsSeen } from '../../tls-seen.ts'
import { certificateFields } from '../certificate-fields.ts'
import { oneLine } from '../certificate-seen.ts'
import { DerError, DerReader, derTags, serialText } from '../der.ts'
import { inOrder, type Problem } from '../judge-chain.ts'
import { ocspVerdict } from './ocsp-answer.ts'
import type { Staple } from './server-flight.ts'

interface StapleQuestion {
  readonly staple: Staple | undefined
  /** From the server's own certificate to the authority, as the handshake showed it. */
  readonly path: readonly X509Certificate[]
  /** Milliseconds since 1970. */
  readonly nowMs: number
}

/** What was seen, and what the stapled OCSP answer adds to it. One about another certificate than that of the handshake adds nothing. */
export function judgeStaple(seen: TlsSeen, { staple, path, nowMs }: StapleQuestion): TlsSeen {
  const [certificate, issuer] = path
  const isSame = certificate !== undefined && staple !== undefined && certificate.raw.equals(staple.certificate)
  if (!isSame) return seen
  if (!staple.response) return mustStaple(certificate) ? withProblem(seen, missing(certificate)) : seen
  if (!issuer) return { ...seen, ocsp: 'unknown' }
  const { status, revokedAt } = ocspVerdict(staple.response, { certificate, issuer, nowMs })
  const told = { ...seen, ocsp: status }
  if (status === 'revoked') {
    const when = revokedAt === undefined ? '' : ` at ${rfc3339(revokedAt)}`
    const message = `the certificate of ${oneLine(certificate.subject)} was revoked${when}, as the server's own OCSP answer says`
    return withProblem(told, { reason: 'tls-revoked', message })
  }
  return status !== 'good' && mustStaple(certificate) ? withProblem(told, missing(certificate)) : told
}

/** A list may have told it already. */
function withProblem(seen: TlsSeen, problem: Problem): TlsSeen {
  const isTold = problem.reason === 'tls-revoked' && seen.problems.some(({ reason }) => reason === 'tls-revoked')
  return isTold ? seen : { ...seen, problems: inOrder([...seen.problems, problem]) }
}

const missing = (certificate: X509Certificate): Problem => ({
  reason: 'unreadable',
  message: `whether the certificate of ${oneLine(certificate.subject)} is revoked is not known: it must come with a good OCSP answer`,
})

/** The extension TLS Feature names status_request (RFC 7633). */
function mustStaple(certificate: X509Certificate): boolean {
  try {
    const feature = certificateFields(certificate).extensions.find(({ oid }) => oid === '1.3.6.1.5.5.7.1.24')
    if (!feature) return false
    const list = new DerReader(feature.value).inside()
    while (!list.done) if (serialText(list.next(derTags.integer)) === '05') return true
    return false
  } catch (error) {
    if (error instanceof DerError) return false
    throw error
  }
}

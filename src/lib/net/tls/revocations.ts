import type { X509Certificate } from 'node:crypto'
import { rfc3339 } from '../../core/clock.ts'
import { certificateFields } from './certificate-fields.ts'
import { oneLine } from './certificate-seen.ts'
import { DerError } from './der.ts'
import type { Problem } from './judge-chain.ts'
import type { RevocationList } from './revocation-list.ts'

/**
 * What revocation lists say of a path, its authority excepted. Of the server's own certificate they must say something: a list that is
 * missing, out of date or not signed by the issuer is told, since nobody knows then.
 */
export function revocations(
  path: readonly X509Certificate[],
  { lists, nowMs }: { readonly lists: readonly RevocationList[]; readonly nowMs: number },
): Problem[] {
  return path.flatMap((certificate, index) => {
    const issuer = path[index + 1]
    if (!issuer)
      return index === 0 && certificate.subject !== certificate.issuer ? [notKnown(certificate, 'its issuer is not known')] : []
    try {
      const problem = revocation(certificate, { issuer, lists, nowMs })
      return problem && (index === 0 || problem.reason === 'tls-revoked') ? [problem] : []
    } catch (error) {
      if (error instanceof DerError) return [notKnown(certificate, `its list can not be read: ${error.message}`)]
      throw error
    }
  })
}

interface Lists {
  readonly issuer: X509Certificate
  readonly lists: readonly RevocationList[]
  readonly nowMs: number
}

function revocation(certificate: X509Certificate, { issuer, lists, nowMs }: Lists): Problem | undefined {
  const named = lists.filter(list => list.isOf(issuer))
  const ofIssuer = named.filter(list => list.isSignedBy(issuer))
  const name = oneLine(issuer.subject)
  const { serial } = certificateFields(certificate)
  for (const list of ofIssuer) {
    const at = list.revokedAt(serial)
    // Also of a list that is out of date: who is revoked once stays so.
    if (at !== undefined) {
      const message = `the certificate of ${oneLine(certificate.subject)} was revoked at ${rfc3339(at)}`
      return { reason: 'tls-revoked', message }
    }
  }
  if (named.length === 0) return notKnown(certificate, `there is no revocation list of ${name}`)
  if (ofIssuer.length === 0) return notKnown(certificate, `the revocation list of ${name} is not signed by it`)
  const complete = ofIssuer.filter(list => list.complete)
  if (complete.length === 0) return notKnown(certificate, `the revocation list of ${name} is for some certificates only`)
  const current = complete.some(list => list.thisUpdate <= nowMs && nowMs <= (list.nextUpdate ?? Number.POSITIVE_INFINITY))
  if (current) return undefined
  const newest = Math.max(...complete.map(list => list.nextUpdate ?? list.thisUpdate))
  return notKnown(certificate, `the revocation list of ${name} is out of date (${rfc3339(newest)})`)
}

const notKnown = (certificate: X509Certificate, why: string): Problem => ({
  reason: 'unreadable',
  message: `whether the certificate of ${oneLine(certificate.subject)} is revoked is not known: ${why}`,
})

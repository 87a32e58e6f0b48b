import type { X509Certificate } from 'node:crypto'
import type { Authorities } from './authorities.ts'

/** The way from a server's certificate to an authority, as far as it can be gone. */
export interface CertificatePath {
  /** The server's own first; with the authority, if it was found. */
  readonly certificates: readonly X509Certificate[]
  /**
   * `trusted`: at an authority that is trusted. `self-signed`: at one that signed itself and is not. `missing`: at one whose issuer is
   * nowhere to be found. `forged`: at one whose issuer is known and did not sign it, or with an algorithm that proves nothing.
   */
  readonly end: 'trusted' | 'self-signed' | 'missing' | 'forged'
}

export interface PathSearch {
  readonly authorities: Authorities
  /** Milliseconds since 1970. */
  readonly nowMs: number
  /** The runtime found a good path: what it verified needs no second proof. */
  readonly accepted: boolean
}

/** A longer way is followed by nobody. */
const maxLength = 12
/** A signature costs 70 µs, and a server may send hundreds of certificates of one name. */
const maxVerified = 64

/** From issuer to issuer. `sent` may end with the authority, which the runtime adds where it finds it. */
export function certificatePath(sent: readonly X509Certificate[], { authorities, nowMs, accepted }: PathSearch): CertificatePath {
  const root = sent.at(-1)
  if (accepted && root) {
    const known = {
      named: (name: string) => (name === root.subject ? [root] : []),
      has: (other: X509Certificate) => other === root,
    }
    const path = walk(sent, { authorities: known, nowMs, isSignedBy: (certificate, issuer) => certificate.checkIssued(issuer) })
    if (path.end === 'trusted' && path.certificates.every(certificate => inTime(certificate, nowMs))) return path
  }
  let left = maxVerified
  return walk(sent, { authorities, nowMs, isSignedBy: (certificate, issuer) => left-- > 0 && isSignedBy(certificate, issuer) })
}

interface Walk {
  readonly authorities: Pick<Authorities, 'named' | 'has'>
  readonly nowMs: number
  readonly isSignedBy: (certificate: X509Certificate, issuer: X509Certificate) => boolean
}

/**
 * What is in its time is taken first, and an authority before what the server sent, so that an expired cross-signature beside a good
 * root does no harm (RFC 4158, section 2.4).
 */
function walk(sent: readonly X509Certificate[], { authorities, nowMs, isSignedBy }: Walk): CertificatePath {
  const [leaf] = sent
  const certificates: X509Certificate[] = []
  const used = new Set<string>()
  for (let at = leaf; at !== undefined; ) {
    const certificate = at
    certificates.push(certificate)
    used.add(certificate.fingerprint256)
    if (certificate.subject === certificate.issuer && isSignedBy(certificate, certificate)) {
      return { certificates, end: authorities.has(certificate) ? 'trusted' : 'self-signed' }
    }
    if (certificates.length === maxLength) break
    const sentOfName = sent.filter(other => other.subject === certificate.issuer)
    const known = [...authorities.named(certificate.issuer), ...sentOfName]
      .filter(other => !used.has(other.fingerprint256))
      .sort((a, b) => Number(inTime(b, nowMs)) - Number(inTime(a, nowMs)))
    at = known.find(other => isSignedBy(certificate, other))
    if (!at && known.length > 0) return { certificates, end: 'forged' }
  }
  return { certificates, end: 'missing' }
}

function isSignedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return certificate.verify(issuer.publicKey)
  } catch {
    return false
  }
}

const inTime = ({ validFromDate, validToDate }: X509Certificate, nowMs: number): boolean =>
  validFromDate.getTime() <= nowMs && nowMs <= validToDate.getTime()

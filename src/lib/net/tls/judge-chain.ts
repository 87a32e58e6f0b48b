import type { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { domainToASCII } from 'node:url'
import { rfc3339 } from '../../core/clock.ts'
import type { Reason } from '../../core/item.ts'
import type { TlsSeen } from '../tls-seen.ts'
import type { Authorities } from './authorities.ts'
import { type CertificatePath, certificatePath } from './certificate-path.ts'
import { certificateSeen, oneLine, seconds } from './certificate-seen.ts'
import { weakness } from './weakness.ts'

export type Problem = TlsSeen['problems'][number]

export interface ChainQuestion {
  /** In the order of the server, with the authority at the end where the runtime found it. */
  readonly sent: readonly X509Certificate[]
  readonly authorities: Authorities
  /** What the runtime says of the chain: the code of its refusal, or null. It does not look at the name. */
  readonly refusal: string | null
  /** DNS name or address that the certificate must be for. */
  readonly name: string
  /** Milliseconds since 1970. */
  readonly nowMs: number
  /** Tells what revocation lists know of a path. */
  readonly revocations?: (path: readonly X509Certificate[]) => readonly Problem[]
}

export interface JudgedChain {
  readonly judged: Pick<TlsSeen, 'chain' | 'chainNotAfter' | 'problems'>
  /** From the server's own certificate to the authority, as far as it was found. */
  readonly path: readonly X509Certificate[]
}

/** The most telling first: what is wrong with the certificate whatever the client trusts, before what depends on it. */
const order: readonly Reason[] = [
  'tls-revoked',
  'tls-expired',
  'tls-not-yet-valid',
  'tls-self-signed',
  'tls-untrusted',
  'tls-incomplete-chain',
  'tls-name',
  'tls-weak-key',
  'unreadable',
]

/**
 * What is wrong with a chain: everything, where the runtime stops at one thing. What the runtime refuses stays refused, also for a
 * reason that is not known here.
 */
export function judgeChain(question: ChainQuestion): JudgedChain {
  const { sent, authorities, refusal, nowMs, revocations } = question
  const path = certificatePath(sent, { authorities, nowMs, accepted: refusal === null })
  const ofChain = [...timeProblems(path, nowMs), ...trustProblems(path)]
  const unknown = refusal !== null && ofChain.length === 0 ? [refused(refusal)] : []
  const revoked = revocations?.(path.certificates) ?? []
  const problems = [...ofChain, ...unknown, ...revoked, ...nameProblems(question), ...weakProblems(path)]
  const ends = path.certificates.map(({ validToDate }) => seconds(validToDate))
  const extra = path.certificates.filter(known => !sent.some(other => other.fingerprint256 === known.fingerprint256))
  const judged = {
    chain: [...sent, ...extra].map(certificateSeen),
    ...(ends.length > 0 && { chainNotAfter: Math.min(...ends) }),
    problems: inOrder(problems),
  }
  return { judged, path: path.certificates }
}

/** The most telling first. */
export const inOrder = (problems: readonly Problem[]): Problem[] =>
  problems.toSorted((a, b) => order.indexOf(a.reason) - order.indexOf(b.reason))

const called = (certificate: X509Certificate): string => oneLine(certificate.subject)

function timeProblems({ certificates }: CertificatePath, nowMs: number): Problem[] {
  return certificates.flatMap((certificate): Problem[] => {
    const { validFromDate, validToDate } = certificate
    if (nowMs > validToDate.getTime()) {
      return [{ reason: 'tls-expired', message: `the certificate of ${called(certificate)} expired at ${rfc3339(+validToDate)}` }]
    }
    if (nowMs < validFromDate.getTime()) {
      const message = `the certificate of ${called(certificate)} is not valid before ${rfc3339(+validFromDate)}`
      return [{ reason: 'tls-not-yet-valid', message }]
    }
    return []
  })
}

function trustProblems({ certificates, end }: CertificatePath): Problem[] {
  const last = certificates.at(-1)
  if (!last) return [{ reason: 'tls-untrusted', message: 'the server shows no certificate' }]
  const noAuthority = certificates.slice(1).find(issuer => !issuer.ca)
  if (noAuthority) {
    return [{ reason: 'tls-untrusted', message: `the certificate of ${called(noAuthority)} signs others, but is no authority` }]
  }
  if (end === 'trusted') return []
  const alone = certificates.length === 1
  if (end === 'self-signed') {
    return alone
      ? [{ reason: 'tls-self-signed', message: `the certificate of ${called(last)} is signed by itself` }]
      : [{ reason: 'tls-untrusted', message: `the authority ${called(last)} is not trusted` }]
  }
  const issuer = oneLine(last.issuer)
  if (end === 'forged') {
    return [
      {
        reason: 'tls-untrusted',
        message: `the signature of the certificate of ${called(last)} is not proved by the known ${issuer}`,
      },
    ]
  }
  return alone
    ? [
        {
          reason: 'tls-incomplete-chain',
          message: `the server sends no certificate of the issuer ${issuer}, which is not trusted by itself`,
        },
      ]
    : [{ reason: 'tls-untrusted', message: `the chain ends at the issuer ${issuer}, which is not trusted` }]
}

/** Names of RFC 6125: subject alternative names alone, a star for one whole label. */
function nameProblems({ sent: [leaf], name }: ChainQuestion): Problem[] {
  if (!leaf || isFor(leaf, name)) return []
  const { names } = certificateSeen(leaf)
  const shown = names.length > 5 ? [...names.slice(0, 5), '…'] : names
  const told = shown.length > 0 ? `for ${shown.join(', ')}` : 'for no name'
  return [{ reason: 'tls-name', message: `the certificate is ${told}, not for ${name}` }]
}

function isFor(leaf: X509Certificate, name: string): boolean {
  const literal = name.replace(/^\[(.*)\]$/, '$1')
  if (isIP(literal)) return leaf.checkIP(literal) !== undefined
  const host = domainToASCII(name.replace(/\.$/, ''))
  const options = { subject: 'never', wildcards: true, partialWildcards: false, multiLabelWildcards: false } as const
  return host !== '' && leaf.checkHost(host, options) !== undefined
}

/** The authority's own signature says nothing: it is trusted as it is. */
function weakProblems({ certificates, end }: CertificatePath): Problem[] {
  return certificates.flatMap((certificate, index) => {
    const trusted = end === 'trusted' && index === certificates.length - 1 && index > 0
    const weak = weakness(certificate, { trusted })
    return weak === undefined
      ? []
      : [{ reason: 'tls-weak-key' as const, message: `the certificate of ${called(certificate)} has ${weak}` }]
  })
}

/** Codes of the runtime (X509_verify_cert) whose cause is not found by looking at the certificates alone. */
function refused(code: string): Problem {
  const reason = reasonOf[code] ?? 'tls-untrusted'
  const why = code === 'UNSPECIFIED' ? 'the runtime does not say why' : code.toLowerCase().replaceAll('_', ' ')
  return { reason, message: `the chain is not accepted: ${why}` }
}

const reasonOf: Readonly<Record<string, Reason>> = {
  CERT_HAS_EXPIRED: 'tls-expired',
  CERT_NOT_YET_VALID: 'tls-not-yet-valid',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'tls-self-signed',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'tls-incomplete-chain',
  CERT_REVOKED: 'tls-revoked',
  ERR_TLS_CERT_ALTNAME_INVALID: 'tls-name',
}

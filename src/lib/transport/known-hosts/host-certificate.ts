import { SshReader } from '../ssh-encoding.ts'
import { fieldCount, type PublicKey, publicKeyOf, readPublicKey, signatureHolds } from './public-key.ts'

/** An OpenSSH certificate, PROTOCOL.certkeys: an authority's statement that a key belongs to some names for some time. */
export interface Certificate {
  /** The key that is certified, without certificate. */
  readonly key: PublicKey
  readonly kind: 'user' | 'host' | 'other'
  readonly keyId: string
  readonly principals: readonly string[]
  /** Seconds since the epoch; before the second the certificate is valid. */
  readonly validAfter: bigint
  readonly validBefore: bigint
  readonly hasCriticalOptions: boolean
  readonly authority: PublicKey
  readonly signature: Buffer
  readonly signatureAlgorithm: string
  /** What the signature is over. */
  readonly signed: Buffer
}

/** Algorithms with which an authority may sign, unless CASignatureAlgorithms says otherwise. SHA-1 is not among them. */
export const authoritySignatures: readonly string[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'sk-ssh-ed25519@openssh.com',
  'sk-ecdsa-sha2-nistp256@openssh.com',
  'rsa-sha2-512',
  'rsa-sha2-256',
]

const suffix = '-cert-v01@openssh.com'

/** A certificate from its wire form; undefined when it is none. Nothing in it is trusted by reading it. */
export function readCertificate(blob: Buffer): Certificate | undefined {
  try {
    return parse(blob)
  } catch {
    return undefined
  }
}

/**
 * Whether a host certificate vouches for a name: signed by one of the authorities with an allowed algorithm, for a host, valid now, for this very
 * name (no wildcards; no name at all means any), without critical options. As sshkey_cert_check_host() of OpenSSH 9.2.
 * @returns what is wrong with it; undefined when it holds
 */
export function verifyHostCertificate(
  certificate: Certificate,
  against: {
    /** Host name without port, or HostKeyAlias. */
    readonly name: string
    readonly authorities: readonly PublicKey[]
    readonly nowMs: number
    readonly signatureAlgorithms: readonly string[]
  },
): string | undefined {
  const { name, authorities, nowMs, signatureAlgorithms } = against
  const now = BigInt(Math.floor(nowMs / 1000))
  if (certificate.kind !== 'host') return 'it is not a host certificate'
  if (!authorities.some(({ blob }) => blob.equals(certificate.authority.blob)))
    return 'no authority that is trusted for this host signed it'
  if (!signatureAlgorithms.includes(certificate.signatureAlgorithm))
    return `it is signed with ${certificate.signatureAlgorithm}, which is not allowed`
  if (!signatureHolds(certificate.authority, certificate.signature, certificate.signed)) return 'its signature is wrong'
  if (now < certificate.validAfter) return `it is not valid before ${time(certificate.validAfter)}`
  if (now >= certificate.validBefore) return `it was valid until ${time(certificate.validBefore)}`
  if (certificate.principals.length > 0 && !certificate.principals.includes(name)) {
    return `it is for ${certificate.principals.join(', ')} and not for ${name}`
  }
  return certificate.hasCriticalOptions ? 'it has critical options, which are not known for hosts' : undefined
}

function parse(blob: Buffer): Certificate | undefined {
  const reader = new SshReader(blob)
  const name = reader.text()
  if (!name.endsWith(suffix)) return undefined
  const type = plainType(name)
  const count = fieldCount(type)
  if (count === undefined) return undefined
  reader.string() // nonce
  const key = readPublicKey(
    publicKeyOf(
      type,
      Array.from({ length: count }, () => reader.string()),
    ).blob,
  )
  reader.uint64() // serial
  const kind = ({ 1: 'user', 2: 'host' } as const)[reader.uint32()] ?? 'other'
  const keyId = reader.text()
  const principals = new SshReader(reader.string()).strings().map(principal => principal.toString('utf8'))
  const validAfter = reader.uint64()
  const validBefore = reader.uint64()
  const hasCriticalOptions = new SshReader(reader.string()).strings().length > 0
  new SshReader(reader.string()).strings() // extensions: hosts have none that matter
  reader.string() // reserved
  const authority = readPublicKey(reader.string())
  const signed = blob.subarray(0, reader.position)
  const signature = reader.string()
  const signatureAlgorithm = new SshReader(signature).text()
  if (!key || !authority || !reader.isAtEnd) return undefined
  return {
    key,
    kind,
    keyId,
    principals,
    validAfter,
    validBefore,
    hasCriticalOptions,
    authority,
    signature,
    signatureAlgorithm,
    signed,
  }
}

/** `ssh-ed25519-cert-v01@openssh.com` to `ssh-ed25519`; security keys keep their own suffix. */
function plainType(name: string): string {
  const type = name.slice(0, -suffix.length)
  return type.startsWith('sk-') ? `${type}@openssh.com` : type
}

function time(seconds: bigint): string {
  const ms = Number(seconds) * 1000
  return ms < 8.64e15 ? new Date(ms).toISOString() : 'the end of time'
}

import { type KeyObject, X509Certificate } from 'node:crypto'
import type { CertificateSeen } from '../tls-seen.ts'

/** Of one certificate, so many names are told; the name that was asked for is looked for among all. */
const toldNames = 100

/** What people are told of a certificate. */
export function certificateSeen(certificate: X509Certificate): CertificateSeen {
  return {
    subject: oneLine(certificate.subject),
    issuer: oneLine(certificate.issuer),
    names: namesOf(certificate),
    serial: certificate.serialNumber.toLowerCase(),
    fingerprint: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    notBefore: seconds(certificate.validFromDate),
    notAfter: seconds(certificate.validToDate),
    key: keyOf(certificate)?.told ?? 'unknown',
    signature: certificate.signatureAlgorithm ?? certificate.signatureAlgorithmOid,
  }
}

/** `CN=db1, O=Example`; from a server, so nothing that a terminal would obey. */
export function oneLine(name: string | undefined): string {
  const text = (name ?? '').replaceAll('\n', ', ').replace(/[\p{Cc}\p{Cf}]/gu, '?')
  return text.length > 300 ? `${text.slice(0, 300)}…` : text || '(no name)'
}

export interface KeyKind {
  /** `RSA 2048`, `EC P-256`, `Ed25519`. */
  readonly told: string
  readonly type: 'rsa' | 'ec' | 'other'
  readonly bits: number
}

/** Undefined for a key that the runtime can not read. */
export function keyOf(certificate: X509Certificate): KeyKind | undefined {
  let key: KeyObject
  try {
    key = certificate.publicKey
  } catch {
    return undefined
  }
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {}
  const type = key.asymmetricKeyType ?? 'unknown'
  if (type === 'rsa' || type === 'rsa-pss') return { told: `RSA ${modulusLength}`, type: 'rsa', bits: modulusLength ?? 0 }
  if (type === 'dsa') return { told: `DSA ${modulusLength}`, type: 'other', bits: modulusLength ?? 0 }
  if (type === 'ec') {
    const curve = curves[namedCurve ?? ''] ?? {
      told: namedCurve ?? 'unknown',
      bits: Number(/\d{3}/.exec(namedCurve ?? '')?.[0] ?? 0),
    }
    return { told: `EC ${curve.told}`, type: 'ec', bits: curve.bits }
  }
  return { told: type === 'ed25519' ? 'Ed25519' : type === 'ed448' ? 'Ed448' : type, type: 'other', bits: 256 }
}

const curves: Readonly<Record<string, { readonly told: string; readonly bits: number }>> = {
  prime192v1: { told: 'P-192', bits: 192 },
  secp224r1: { told: 'P-224', bits: 224 },
  prime256v1: { told: 'P-256', bits: 256 },
  secp384r1: { told: 'P-384', bits: 384 },
  secp521r1: { told: 'P-521', bits: 521 },
}

/** Of `DNS:db1, IP Address:10.0.0.7, DNS:"a, b"`: odd names are quoted by the runtime. */
function namesOf({ subjectAltName }: X509Certificate): string[] {
  const names = (subjectAltName ?? '').matchAll(/(?:^|, )(?:DNS|IP Address):("(?:[^"\\]|\\.)*"|[^,]*)/g)
  return [...names.take(toldNames)].map(([, name = '']) => oneLine(name))
}

export const seconds = (date: Date): number => Math.floor(date.getTime() / 1000)

/** Undefined for bytes that are no certificate. */
export function parseCertificate(der: Uint8Array): X509Certificate | undefined {
  try {
    return new X509Certificate(der)
  } catch {
    return undefined
  }
}

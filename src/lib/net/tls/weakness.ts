import type { X509Certificate } from 'node:crypto'
import { keyOf } from './certificate-seen.ts'

/** Bits below which a key can be broken in practice or will be soon (NIST SP 800-131A, section 3). */
const leastBits = { rsa: 2048, ec: 224, other: 0 }

/** What is too weak about a certificate: `an RSA key of 1024 bits`. The signature of a trusted authority on itself is nobody's proof. */
export function weakness(certificate: X509Certificate, { trusted }: { readonly trusted: boolean }): string | undefined {
  const key = keyOf(certificate)
  if (key === undefined) return 'a key of an unknown kind'
  if (key.told.startsWith('DSA')) return `a weak key (${key.told})`
  if (key.bits < leastBits[key.type]) return `a weak key (${key.told}, fewer than ${leastBits[key.type]} bits)`
  const signature = certificate.signatureAlgorithm ?? certificate.signatureAlgorithmOid
  return !trusted && /md[245]|sha-?1(?!\d)/i.test(signature) ? `a weak signature (${signature})` : undefined
}

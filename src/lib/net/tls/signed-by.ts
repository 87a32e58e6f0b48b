import { constants, type KeyObject, verify } from 'node:crypto'
import { bitsOf, contextTag, DerReader, type DerValue, derTags, oidText } from './der.ts'

/** `SEQUENCE { tbs, algorithm, signature }`: the form of certificates, revocation lists and OCSP answers. */
export interface Signed {
  readonly tbs: DerValue
  readonly algorithm: DerValue
  readonly signature: Uint8Array
}

/** Reads the head of it; what comes after the signature stays in the reader. */
export function readSigned(outer: DerReader): Signed {
  return {
    tbs: outer.next(derTags.sequence),
    algorithm: outer.next(derTags.sequence),
    signature: bitsOf(outer.next(derTags.bitString)),
  }
}

/** Whether this key made the signature, with an algorithm that proves something: not MD5 or SHA-1. */
export function isSignedWith({ tbs, algorithm, signature }: Signed, key: KeyObject): boolean {
  const parts = new DerReader(algorithm.content)
  const oid = oidText(parts.next(derTags.oid))
  try {
    if (oid === rsaPss) {
      const hash = pssHash(parts)
      const padding = constants.RSA_PKCS1_PSS_PADDING
      return (
        hash !== undefined && verify(hash, tbs.whole, { key, padding, saltLength: constants.RSA_PSS_SALTLEN_AUTO }, signature)
      )
    }
    const known = algorithms[oid]
    return known !== undefined && key.asymmetricKeyType === known.key && verify(known.hash, tbs.whole, key, signature)
  } catch {
    return false
  }
}

const rsaPss = '1.2.840.113549.1.1.10'

const algorithms: Readonly<Record<string, { readonly hash: string | null; readonly key: string }>> = {
  '1.2.840.113549.1.1.11': { hash: 'sha256', key: 'rsa' },
  '1.2.840.113549.1.1.12': { hash: 'sha384', key: 'rsa' },
  '1.2.840.113549.1.1.13': { hash: 'sha512', key: 'rsa' },
  '1.2.840.10045.4.3.2': { hash: 'sha256', key: 'ec' },
  '1.2.840.10045.4.3.3': { hash: 'sha384', key: 'ec' },
  '1.2.840.10045.4.3.4': { hash: 'sha512', key: 'ec' },
  '1.3.101.112': { hash: null, key: 'ed25519' },
}

const hashes: Readonly<Record<string, string>> = {
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
}

/** Of RSASSA-PSS-params (RFC 4055, section 3.1); its default is SHA-1, which proves nothing. */
function pssHash(algorithm: DerReader): string | undefined {
  const first = algorithm.inside().optional(contextTag(0))
  return first && hashes[oidText(new DerReader(first.content).inside().next(derTags.oid))]
}

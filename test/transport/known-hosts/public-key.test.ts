import { describe, expect, test } from 'bun:test'
import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import {
  fingerprintOf,
  type PublicKey,
  publicKeyOf,
  readPublicKey,
  rsaBits,
  signatureHolds,
} from '../../../src/lib/transport/known-hosts/public-key.ts'
import { sshString } from '../../../src/lib/transport/ssh-encoding.ts'

const data = Buffer.from('what is signed')
const raw = (value: string | undefined): Buffer => Buffer.from(value ?? '', 'base64url')
const mpint = (bytes: Buffer): Buffer => sshString((bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes)

interface Signer {
  readonly key: PublicKey
  /** Algorithm and bytes in wire form. */
  sign(data: Buffer): Buffer
}

function ed25519(): { readonly point: Buffer; readonly privateKey: KeyObject } {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  return { point: raw(publicKey.export({ format: 'jwk' }).x), privateKey }
}

function ecdsa(size: 256 | 384 | 521, hash: string) {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: `P-${size}` })
  const { x, y } = publicKey.export({ format: 'jwk' })
  const point = Buffer.concat([Buffer.from([4]), raw(x), raw(y)])
  const signed = (bytes: Buffer): Buffer => {
    const both = sign(hash, bytes, { key: privateKey, dsaEncoding: 'ieee-p1363' })
    return Buffer.concat([mpint(both.subarray(0, both.length / 2)), mpint(both.subarray(both.length / 2))])
  }
  return { fields: [Buffer.from(`nistp${size}`), point], signed }
}

function plainEd25519(): Signer {
  const { point, privateKey } = ed25519()
  return {
    key: publicKeyOf('ssh-ed25519', [point]),
    sign: bytes => Buffer.concat([sshString('ssh-ed25519'), sshString(sign(null, bytes, privateKey))]),
  }
}

function plainEcdsa(size: 256 | 384 | 521, hash: string): Signer {
  const { fields, signed } = ecdsa(size, hash)
  const type = `ecdsa-sha2-nistp${size}`
  return { key: publicKeyOf(type, fields), sign: bytes => Buffer.concat([sshString(type), sshString(signed(bytes))]) }
}

function rsa(algorithm: string, hash: string): Signer {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const { n, e } = publicKey.export({ format: 'jwk' })
  const modulus = Buffer.concat([Buffer.from([0]), raw(n)])
  return {
    key: publicKeyOf('ssh-rsa', [raw(e), modulus]),
    sign: bytes => Buffer.concat([sshString(algorithm), sshString(sign(hash, bytes, privateKey))]),
  }
}

/** What a security key would sign and append, as OpenSSH's PROTOCOL.u2f has it. */
function bySecurityKey(bytes: Buffer): { readonly signed: Buffer; readonly state: Buffer } {
  const state = Buffer.from([1, 0, 0, 0, 42])
  const hash = (value: Buffer | string): Buffer => createHash('sha256').update(value).digest()
  return { signed: Buffer.concat([hash('ssh:'), state, hash(bytes)]), state }
}

function securityKeyEd25519(): Signer {
  const type = 'sk-ssh-ed25519@openssh.com'
  const { point, privateKey } = ed25519()
  return {
    key: publicKeyOf(type, [point, Buffer.from('ssh:')]),
    sign: bytes => {
      const { signed, state } = bySecurityKey(bytes)
      return Buffer.concat([sshString(type), sshString(sign(null, signed, privateKey)), state])
    },
  }
}

function securityKeyEcdsa(): Signer {
  const type = 'sk-ecdsa-sha2-nistp256@openssh.com'
  const { fields, signed } = ecdsa(256, 'sha256')
  return {
    key: publicKeyOf(type, [...fields, Buffer.from('ssh:')]),
    sign: bytes => {
      const { signed: all, state } = bySecurityKey(bytes)
      return Buffer.concat([sshString(type), sshString(signed(all)), state])
    },
  }
}

describe('a signature', () => {
  const signers: Readonly<Record<string, () => Signer>> = {
    'by ed25519': plainEd25519,
    'by P-256': () => plainEcdsa(256, 'sha256'),
    'by P-384': () => plainEcdsa(384, 'sha384'),
    'by P-521': () => plainEcdsa(521, 'sha512'),
    'by RSA with SHA-256': () => rsa('rsa-sha2-256', 'sha256'),
    'by RSA with SHA-512': () => rsa('rsa-sha2-512', 'sha512'),
    'by an ed25519 security key': securityKeyEd25519,
    'by an ECDSA security key': securityKeyEcdsa,
  }
  for (const [name, make] of Object.entries(signers)) {
    test(`${name} holds for what was signed, with this key and whole`, () => {
      const { key, sign: signWith } = make()
      const signature = signWith(data)
      expect(signatureHolds(key, signature, data)).toBe(true)
      expect(signatureHolds(key, signature, Buffer.from('something else'))).toBe(false)
      expect(signatureHolds(make().key, signature, data)).toBe(false)
      expect(signatureHolds(key, Buffer.concat([signature, Buffer.from([0])]), data)).toBe(false)
      expect(signatureHolds(key, signature.subarray(0, -1), data)).toBe(false)
      expect(signatureHolds(key, Buffer.alloc(0), data)).toBe(false)
    })
  }

  test('by RSA with SHA-1 never holds', () => {
    const { key, sign: signWith } = rsa('ssh-rsa', 'sha1')
    expect(signatureHolds(key, signWith(data), data)).toBe(false)
  })
})

describe('a public key', () => {
  test('reads back, with nothing missing and nothing added', () => {
    for (const { key } of [plainEd25519(), plainEcdsa(256, 'sha256'), rsa('rsa-sha2-512', 'sha512')]) {
      expect(readPublicKey(key.blob)?.fields).toEqual([...key.fields])
      expect(readPublicKey(key.blob.subarray(0, -1))).toBeUndefined()
      expect(readPublicKey(Buffer.concat([key.blob, sshString('more')]))).toBeUndefined()
    }
  })

  test('of one curve can not pass for another', () => {
    const [, point] = plainEcdsa(256, 'sha256').key.fields
    expect(
      readPublicKey(publicKeyOf('ecdsa-sha2-nistp384', [Buffer.from('nistp256'), point ?? Buffer.alloc(0)]).blob),
    ).toBeUndefined()
  })

  test('has the size of its modulus', () => {
    expect(rsaBits(rsa('rsa-sha2-512', 'sha512').key)).toBe(2048)
    expect(rsaBits(plainEd25519().key)).toBeUndefined()
  })

  test('has the fingerprint that ssh-keygen prints', () => {
    // ssh-keygen -l of github.com's ed25519 key, as published.
    const key = Buffer.from('AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl', 'base64')
    expect(fingerprintOf(key)).toBe('SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU')
  })
})

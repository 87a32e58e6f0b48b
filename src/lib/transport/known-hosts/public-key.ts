import { createHash, createPublicKey, type JsonWebKeyInput, type KeyObject, verify } from 'node:crypto'
import { SshReader, sshString } from '../ssh-encoding.ts'

/** A public key as it travels in SSH (RFC 4253 section 6.6, RFC 5656, RFC 8709, OpenSSH's PROTOCOL.u2f). */
export interface PublicKey {
  readonly type: string
  /** What follows the type: for ed25519 the point; for ecdsa curve and point; for rsa e and n; for security keys also the application. */
  readonly fields: readonly Buffer[]
  readonly blob: Buffer
}

/** How many strings follow the type. */
const fieldCounts: Readonly<Record<string, number>> = {
  'ssh-ed25519': 1,
  'ssh-rsa': 2,
  'ssh-dss': 4,
  'ecdsa-sha2-nistp256': 2,
  'ecdsa-sha2-nistp384': 2,
  'ecdsa-sha2-nistp521': 2,
  'sk-ssh-ed25519@openssh.com': 2,
  'sk-ecdsa-sha2-nistp256@openssh.com': 3,
}

/** The number of strings after the type in a key of this type; undefined for types that are not known. */
export const fieldCount = (type: string): number | undefined => fieldCounts[type]

/** A key from its wire form; undefined when it is none or has bytes too many. */
export function readPublicKey(blob: Buffer): PublicKey | undefined {
  try {
    const [type, ...fields] = new SshReader(blob).strings()
    const name = type?.toString('latin1') ?? ''
    if (fields.length !== fieldCounts[name]) return undefined
    if (name.startsWith('ecdsa-') && fields[0]?.toString('latin1') !== curveOf(name)) return undefined
    return { type: name, fields, blob }
  } catch {
    return undefined
  }
}

export function publicKeyOf(type: string, fields: readonly Buffer[]): PublicKey {
  return { type, fields, blob: Buffer.concat([sshString(type), ...fields.map(sshString)]) }
}

/** As `ssh-keygen -l` prints it: `SHA256:` and base64 without padding. */
export const fingerprintOf = (blob: Uint8Array): string =>
  `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`

/** Length of an RSA modulus; undefined for other keys. */
export function rsaBits({ type, fields }: PublicKey): number | undefined {
  const modulus = type === 'ssh-rsa' ? fields[1] : undefined
  return modulus && BigInt(`0x${modulus.toString('hex') || '0'}`).toString(2).length
}

/** True when a signature in wire form (algorithm, bytes) was made over the data with the private half of the key. */
export function signatureHolds(key: PublicKey, signature: Buffer, data: Buffer): boolean {
  try {
    const reader = new SshReader(signature)
    const algorithm = reader.text()
    const bytes = reader.string()
    const isSecurityKey = key.type.startsWith('sk-')
    const signed = isSecurityKey ? securityKeyData(key, reader, data) : data
    const holds = verifyPlain({ key, algorithm, bytes, data: signed })
    return holds && reader.isAtEnd
  } catch {
    return false
  }
}

/** What a security key signs: hashes of application and message, and its own flags and counter, which follow the signature. */
function securityKeyData(key: PublicKey, rest: SshReader, data: Buffer): Buffer {
  const application = key.fields.at(-1) ?? Buffer.alloc(0)
  const state = Buffer.alloc(5)
  state.writeUInt8(rest.byte(), 0)
  state.writeUInt32BE(rest.uint32(), 1)
  const hash = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest()
  return Buffer.concat([hash(application), state, hash(data)])
}

function verifyPlain({
  key,
  algorithm,
  bytes,
  data,
}: {
  key: PublicKey
  algorithm: string
  bytes: Buffer
  data: Buffer
}): boolean {
  const [first = Buffer.alloc(0), second = Buffer.alloc(0)] = key.fields
  const plainType = key.type.replace(/^sk-|@openssh\.com$/g, '')
  switch (plainType) {
    case 'ssh-ed25519':
      return (
        algorithm === key.type && verify(null, data, jwk({ kty: 'OKP', crv: 'Ed25519', x: first.toString('base64url') }), bytes)
      )
    case 'ssh-rsa': {
      const hash = { 'rsa-sha2-256': 'sha256', 'rsa-sha2-512': 'sha512' }[algorithm]
      return hash !== undefined && verify(hash, data, jwk({ kty: 'RSA', e: digits(first), n: digits(second) }), bytes)
    }
    case 'ecdsa-sha2-nistp256':
    case 'ecdsa-sha2-nistp384':
    case 'ecdsa-sha2-nistp521':
      return algorithm === key.type && verifyEcdsa({ size: Number(plainType.slice(-3)), point: second, bytes, data })
    default:
      return false
  }
}

function verifyEcdsa({ size, point, bytes, data }: { size: number; point: Buffer; bytes: Buffer; data: Buffer }): boolean {
  const length = Math.ceil(size / 8)
  if (point[0] !== 4 || point.length !== 1 + 2 * length) return false
  const x = point.subarray(1, 1 + length).toString('base64url')
  const y = point.subarray(1 + length).toString('base64url')
  const reader = new SshReader(bytes)
  const signature = Buffer.concat([fixed(reader.string(), length), fixed(reader.string(), length)])
  const hash = size === 256 ? 'sha256' : size === 384 ? 'sha384' : 'sha512'
  return verify(hash, data, { key: jwk({ kty: 'EC', crv: `P-${size}`, x, y }), dsaEncoding: 'ieee-p1363' }, signature)
}

const curveOf = (type: string): string => type.replace('ecdsa-sha2-', '')
const jwk = (key: JsonWebKeyInput['key']): KeyObject => createPublicKey({ format: 'jwk', key })
const digits = (mpint: Buffer): string => mpint.subarray(mpint[0] === 0 ? 1 : 0).toString('base64url')

/** A positive mpint as so many bytes. */
function fixed(mpint: Buffer, length: number): Buffer {
  const start = mpint.findIndex(byte => byte !== 0)
  const significant = start === -1 ? Buffer.alloc(0) : mpint.subarray(start)
  if (significant.length > length) throw new RangeError('number too large')
  return Buffer.concat([Buffer.alloc(length - significant.length), significant])
}

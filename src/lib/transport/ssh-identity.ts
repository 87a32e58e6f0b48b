import type { KeyObject } from 'node:crypto'
import { sign } from 'node:crypto'
import { SshReader, sshMpint, sshString } from './ssh-encoding.ts'

/** A key that can be offered to a server. */
export interface Identity {
  /** How messages name it: a file, or the agent's comment. */
  readonly label: string
  readonly from: 'agent' | 'file'
  /** Public key or certificate, as it is sent. */
  readonly blob: Buffer
  /** Whether making a signature costs a person something: a passphrase, a touch. Such a key is only used once the server wants it. */
  readonly dear: boolean
  /** A signature as it is sent. @throws Error when it can not be made */
  sign(data: Buffer, signatureAlgorithm: string): Promise<Buffer>
}

const certificateSuffix = '-cert-v01@openssh.com'

export const keyType = (blob: Buffer): string => new SshReader(blob).text()
export const isCertificate = (type: string): boolean => type.endsWith(certificateSuffix)
export const isSecurityKey = (type: string): boolean => type.startsWith('sk-')

/**
 * Names under which a key can be offered, best first. An RSA key signs with SHA-2 where the server says so; a server that says nothing
 * (RFC 8308 is newer than it) gets what it knows.
 */
export function offeredAlgorithms(
  blob: Buffer,
  server: { readonly algorithms: readonly string[]; readonly software: string },
): string[] {
  const type = keyType(blob)
  const suffix = isCertificate(type) ? certificateSuffix : ''
  if (type !== `ssh-rsa${suffix}`) return [type]
  const sha2 = ['rsa-sha2-512', 'rsa-sha2-256'].filter(name => server.algorithms.includes(name))
  // OpenSSH 7.4 takes SHA-2 and forgets to say so.
  const silent = server.software.startsWith('OpenSSH_7.4') ? ['rsa-sha2-256'] : ['ssh-rsa']
  const names = sha2.length > 0 ? sha2.slice(0, 1) : server.algorithms.length > 0 ? [] : silent
  return names.map(name => name + suffix)
}

/** The algorithm of a signature that is made for an offered name: certificates sign as their key does. */
export function signatureAlgorithm(offered: string): string {
  return isCertificate(offered) && !isSecurityKey(offered)
    ? offered.slice(0, -certificateSuffix.length)
    : offered.replace(certificateSuffix, '@openssh.com')
}

const hashes: Readonly<Record<string, string>> = {
  'ssh-rsa': 'sha1',
  'rsa-sha2-256': 'sha256',
  'rsa-sha2-512': 'sha512',
  'ecdsa-sha2-nistp256': 'sha256',
  'ecdsa-sha2-nistp384': 'sha384',
  'ecdsa-sha2-nistp521': 'sha512',
}

/** A signature by a private key in this process, as it is sent. */
export function signWithKey(key: KeyObject, data: Buffer, algorithm: string): Buffer {
  const hash = hashes[algorithm] ?? null
  if (!algorithm.startsWith('ecdsa')) return Buffer.concat([sshString(algorithm), sshString(sign(hash, data, key))])
  const pair = sign(hash, data, { key, dsaEncoding: 'ieee-p1363' })
  const half = pair.length / 2
  const numbers = Buffer.concat([sshMpint(pair.subarray(0, half)), sshMpint(pair.subarray(half))])
  return Buffer.concat([sshString(algorithm), sshString(numbers)])
}

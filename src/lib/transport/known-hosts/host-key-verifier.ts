import { TransportError } from '../../core/transport.ts'
import { assembleAlgorithms } from '../ssh-config/algorithms.ts'
import type { FetchCertificate, HostKeyVerifier } from '../ssh-target.ts'
import { authoritySignatures, readCertificate, verifyHostCertificate } from './host-certificate.ts'
import type { HostKeyVerdict, HostName, KnownHosts } from './known-hosts.ts'
import { type PublicKey, readPublicKey, rsaBits } from './public-key.ts'

export interface HostKeyRules {
  readonly knownHosts: KnownHosts
  readonly name: HostName
  /** `strict`: only keys that are known. `accept-new`: also those of hosts of which nothing is known. `ask`: those after a yes. */
  readonly policy: 'strict' | 'accept-new' | 'ask'
  /** Addresses of the host, where CheckHostIP is on. */
  readonly addresses?: readonly string[]
  /** HostKeyAlgorithms as it is written. Where it names all of them their order stays; else the order follows what is known. */
  readonly hostKeyAlgorithms?: string | undefined
  /** CASignatureAlgorithms as it is written. */
  readonly caSignatureAlgorithms?: string | undefined
  /** RequiredRSASize. */
  readonly minRsaBits?: number
  /** Where new keys are written; absent for nowhere. */
  readonly acceptInto?: { readonly file: string; readonly hash: boolean }
  /** Needed for `ask`. */
  readonly confirm?: (question: string) => Promise<boolean>
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** What OpenSSH 9.2 offers of plain keys: nothing with SHA-1. */
const standard = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
]

/**
 * Decides about the key of one host, before anything is sent to it. Where only authorities are known for a host, its certificate is fetched first:
 * the key it certifies is the one key that is accepted, and the connection is made with that key's type.
 */
export class KnownHostsVerifier implements HostKeyVerifier {
  readonly #rules: HostKeyRules
  #fetchCertificate: FetchCertificate | undefined
  #certified: Promise<PublicKey | Error> | undefined
  #isNew = false

  constructor(rules: HostKeyRules) {
    this.#rules = rules
  }

  /** Host key algorithms to offer, best first. @throws TransportError hostkey when none is left */
  async algorithms(supported: readonly string[], fetchCertificate?: FetchCertificate): Promise<readonly string[]> {
    this.#fetchCertificate = fetchCertificate
    const { knownHosts, name, hostKeyAlgorithms: written } = this.#rules
    const usable = assembleAlgorithms(written, {
      defaults: standard.filter(algorithm => supported.includes(algorithm)),
      supported,
    })
    if (usable.length === 0) throw refusal(name, 'HostKeyAlgorithms leaves no algorithm that opsctl knows')
    const keepsOrder = written !== undefined && !/^[+-]/.test(written)
    const ordered = keepsOrder ? usable : knownHosts.algorithmsFor(name, usable)
    if (!this.#needsCertificate()) return ordered
    const certified = await this.#certificate(ordered)
    if (certified instanceof Error) return ordered
    return ordered.filter(algorithm => signs(algorithm, certified))
  }

  /** @throws TransportError hostkey saying what is wrong with the key */
  async verify(key: Buffer): Promise<void> {
    const { knownHosts, name, addresses } = this.#rules
    this.#isNew = false
    this.#checkKey(key)
    const verdict = knownHosts.check(name, key, addresses)
    switch (verdict.status) {
      case 'known':
        return
      case 'unknown':
        return this.#decideNew(verdict)
      case 'ca':
        return this.#verifyCertified(key, verdict)
      case 'changed':
        throw refusal(name, changed(verdict, verdict.expected))
      case 'revoked':
        throw refusal(
          name,
          `its ${described(verdict)} is revoked in ${verdict.file}${verdict.line === undefined ? '' : `:${verdict.line}`}`,
        )
    }
  }

  /** Keeps a key that was accepted as new, now that the host has proven that it holds it. */
  async proven(key: Buffer): Promise<void> {
    const { knownHosts, name, acceptInto } = this.#rules
    if (!this.#isNew || !acceptInto) return
    const result = await knownHosts.accept(name, key, acceptInto)
    if (result === 'conflict') throw refusal(name, `another key was added to ${acceptInto.file} meanwhile`)
  }

  #needsCertificate(): boolean {
    const { knownHosts, name } = this.#rules
    return !knownHosts.hasPlainKey(name) && knownHosts.authorities(name).length > 0
  }

  /** @param note why no certificate helps */
  async #decideNew(verdict: HostKeyVerdict, note = ''): Promise<void> {
    const { name, policy, confirm } = this.#rules
    if (policy === 'strict') throw refusal(name, `no key is known for it; it presents ${described(verdict)}${note}`)
    const question = `${shown(name)} is not known. It presents ${described(verdict)}${note}. Connect and remember this key?`
    if (policy === 'ask' && !(await confirm?.(question))) throw refusal(name, `its ${described(verdict)} was not accepted`)
    this.#isNew = true
  }

  async #verifyCertified(key: Buffer, verdict: Extract<HostKeyVerdict, { status: 'ca' }>): Promise<void> {
    const certified = await this.#certificate([verdict.keyType === 'ssh-rsa' ? 'rsa-sha2-512' : verdict.keyType])
    if (!(certified instanceof Error) && certified.blob.equals(key)) return
    const why = certified instanceof Error ? certified.message : 'its certificate is for another key'
    const note = `, and no certificate vouches for it: ${why}`
    if (verdict.otherwise === 'changed') throw refusal(this.#rules.name, `${changed(verdict, verdict.expected)}${note}`)
    await this.#decideNew(verdict, note)
  }

  /** The key for which a trusted authority vouches, asked once; or why there is none. A connection that fails ends the attempt. */
  #certificate(algorithms: readonly string[]): Promise<PublicKey | Error> {
    this.#certified ??= this.#fetch(algorithms)
    this.#certified.catch(() => {
      this.#certified = undefined
    })
    return this.#certified
  }

  async #fetch(algorithms: readonly string[]): Promise<PublicKey | Error> {
    const { knownHosts, name, now, caSignatureAlgorithms } = this.#rules
    if (!this.#fetchCertificate) return new Error('the host can not be asked for its certificate')
    try {
      const certificate = readCertificate(await this.#fetchCertificate(algorithms))
      if (!certificate) return new Error('the host sent no certificate')
      const authorities = knownHosts.authorities(name).map(({ key }) => key)
      const subject = (name.hostKeyAlias ?? name.host).toLowerCase()
      const known = { defaults: authoritySignatures, supported: authoritySignatures }
      const signatureAlgorithms = assembleAlgorithms(caSignatureAlgorithms, known)
      const wrong = verifyHostCertificate(certificate, { name: subject, authorities, nowMs: now(), signatureAlgorithms })
      if (wrong !== undefined) return new Error(`certificate '${certificate.keyId}': ${wrong}`)
      const revoked = [certificate.key, certificate.authority].find(key => knownHosts.isRevoked(name, key))
      return revoked ? new Error(`certificate '${certificate.keyId}': its key or its authority is revoked`) : certificate.key
    } catch (error) {
      if (error instanceof TransportError) throw error
      return error instanceof Error ? error : new Error(String(error))
    }
  }

  #checkKey(blob: Buffer): void {
    const { name, minRsaBits = 1024 } = this.#rules
    const key = readPublicKey(blob)
    if (!key) throw refusal(name, 'what it presents is no key')
    const bits = rsaBits(key)
    if (bits !== undefined && bits < minRsaBits) throw refusal(name, `its RSA key has ${bits} bits, ${minRsaBits} are required`)
  }
}

const signs = (algorithm: string, key: PublicKey): boolean =>
  algorithm === key.type || (key.type === 'ssh-rsa' && algorithm.startsWith('rsa-sha2-'))

const shown = ({ host, port }: HostName): string => (port === 22 ? host : `${host}:${port}`)
const described = ({ keyType, fingerprint }: HostKeyVerdict): string => `${keyType} key ${fingerprint}`

function changed(verdict: HostKeyVerdict, expected: Extract<HostKeyVerdict, { status: 'changed' }>['expected']): string {
  const known = expected.map(({ type, fingerprint, file, line }) => `${type} ${fingerprint} (${file}:${line})`)
  return `its ${described(verdict)} is not the one that is known: ${known.join(', ')}`
}

const refusal = (name: HostName, message: string): TransportError =>
  new TransportError('hostkey', `host key of ${shown(name)} refused: ${message}`, { stage: 'hostkey' })

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TransportError } from '../../../src/lib/core/transport.ts'
import { fetchHostCertificate } from '../../../src/lib/transport/known-hosts/certificate-scan.ts'
import { type HostKeyRules, KnownHostsVerifier } from '../../../src/lib/transport/known-hosts/host-key-verifier.ts'
import { KnownHosts } from '../../../src/lib/transport/known-hosts/known-hosts.ts'
import { systemStore } from '../../../src/lib/transport/known-hosts/system-store.ts'
import type { FetchCertificate } from '../../../src/lib/transport/ssh-target.ts'
import { type HostKeyType, makeKey } from '../../helpers/ssh-key.ts'
import { InetdSshd } from './inetd-sshd.ts'

export const offered = ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'rsa-sha2-512', 'rsa-sha2-256']
export const host = 'web1.example.org'

const keyTypes = {
  ca: 'ed25519',
  'ca-rsa': 'rsa',
  'ca-ecdsa': 'ecdsa',
  stranger: 'ed25519',
  ed25519: 'ed25519',
  ecdsa: 'ecdsa',
  rsa: 'rsa',
} satisfies Record<string, HostKeyType>

export interface CertificateOptions {
  readonly ca?: string
  readonly key?: string
  /** Of `ssh-keygen -s`. */
  readonly options?: readonly string[]
}

/** Keys, certificates and servers for host key verification, in a directory of their own. */
export class HostKeyBench implements AsyncDisposable {
  readonly directory: string
  readonly #fetch = new WeakMap<KnownHostsVerifier, FetchCertificate>()
  readonly #keys: ReadonlyMap<string, string>
  #files = 0

  private constructor(directory: string, keys: ReadonlyMap<string, string>) {
    this.directory = directory
    this.#keys = keys
  }

  static async make(): Promise<HostKeyBench> {
    const directory = await mkdtemp(join(tmpdir(), 'opsctl-host-keys-'))
    const keys = new Map<string, string>()
    for (const [name, type] of Object.entries(keyTypes)) keys.set(name, await makeKey(join(directory, name), type))
    return new HostKeyBench(directory, keys)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return rm(this.directory, { recursive: true, force: true })
  }

  /** A path that is not in use. */
  path(kind: string): string {
    return join(this.directory, `${kind}-${this.#files++}`)
  }

  /** `type base64` */
  key(name: string): string {
    return this.#keys.get(name) ?? ''
  }

  blob(name: string): Buffer {
    return Buffer.from(this.key(name).split(' ')[1] ?? '', 'base64')
  }

  /** A server with these keys, whose certificates are made by an authority where `certificate` says so. */
  async server(keys: readonly string[], certificate?: CertificateOptions): Promise<InetdSshd> {
    const lines = keys.map(key => `HostKey ${this.directory}/${key}`)
    if (certificate) lines.push(`HostCertificate ${await this.#sign(certificate)}`)
    return InetdSshd.configure(this.directory, this.path('server').slice(this.directory.length + 1), lines)
  }

  /** `{NAME}` in `known` stands for a key. */
  async verifier(
    sshd: InetdSshd,
    known: string,
    { fetchCertificate, ...rules }: Partial<HostKeyRules> & { readonly fetchCertificate?: FetchCertificate } = {},
  ): Promise<{ verifier: KnownHostsVerifier; file: string }> {
    const file = this.path('known')
    await writeFile(
      file,
      known.replace(/\{([\w-]+)\}/g, (_, name: string) => this.key(name)),
    )
    const fetch: FetchCertificate = algorithms =>
      fetchHostCertificate({ wire: sshd.wire(), algorithms, signal: AbortSignal.timeout(10_000) })
    const knownHosts = await KnownHosts.load({ files: [file] }, systemStore())
    const standard: HostKeyRules = {
      knownHosts,
      name: { host, port: 22 },
      policy: 'strict',
      now: () => Date.now(),
    }
    const verifier = new KnownHostsVerifier({ ...standard, ...rules })
    this.#fetch.set(verifier, fetchCertificate ?? fetch)
    return { file, verifier }
  }

  algorithms(verifier: KnownHostsVerifier): Promise<readonly string[]> {
    return verifier.algorithms(offered, this.#fetch.get(verifier))
  }

  /** What opsctl does with a server: the key it would present to the algorithms that are offered, and what comes of it. */
  async judge(verifier: KnownHostsVerifier, present: readonly string[]): Promise<string> {
    const types: Readonly<Record<string, string>> = { ed25519: 'ssh-ed25519', ecdsa: 'ecdsa-sha2-nistp256', rsa: 'rsa-sha2-512' }
    try {
      const algorithms = await this.algorithms(verifier)
      const key = algorithms.map(algorithm => present.find(name => types[name] === algorithm)).find(name => name !== undefined)
      if (!key) return 'no common algorithm'
      await verifier.verify(this.blob(key))
      return 'accepted'
    } catch (error) {
      if (error instanceof TransportError && error.reason === 'hostkey') return error.message
      throw error
    }
  }

  async #sign({ ca = 'ca', key = 'ed25519', options = ['-h', '-n', host] }: CertificateOptions): Promise<string> {
    const file = this.path('signed')
    await writeFile(`${file}.pub`, `${this.key(key)}\n`)
    const argv = ['ssh-keygen', '-q', '-s', join(this.directory, ca), '-I', 'test', ...options, `${file}.pub`]
    const child = Bun.spawn(argv, { stdin: 'ignore', stdout: 'ignore', stderr: 'pipe' })
    if ((await child.exited) !== 0) throw new Error(await new Response(child.stderr).text())
    return `${file}-cert.pub`
  }
}

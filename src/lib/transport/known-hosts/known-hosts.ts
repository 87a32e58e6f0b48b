import { randomBytes } from 'node:crypto'
import { type HostEntry, HostIndex } from './host-index.ts'
import { hashedName, parseHostLines } from './host-line.ts'
import { fingerprintOf, type PublicKey, readPublicKey } from './public-key.ts'
import { loadRevokedKeys } from './revoked-keys.ts'

/** A host as known_hosts names it. */
export interface HostName {
  /** What is connected to, in any case. */
  readonly host: string
  readonly port: number
  /** HostKeyAlias: replaces host and port. */
  readonly hostKeyAlias?: string | undefined
}

export interface KnownHostsFiles {
  /** Files of the user, then those of the machine; they need not exist. */
  readonly files: readonly string[]
  /** RevokedHostKeys. */
  readonly revoked?: string | undefined
}

/** The file system as far as it is needed. */
export interface KnownHostsStore {
  /** Undefined when there is no such file, or it can not be read. */
  readFile(path: string): Promise<string | undefined>
  /** Adds to the end of a file in one write, making it (0600) and its directory (0700) when they are missing. */
  appendFile(path: string, text: string): Promise<void>
}

/** A key that known_hosts has for a host. */
export interface KnownKey {
  readonly type: string
  readonly fingerprint: string
  readonly file: string
  readonly line: number
}

/** What known_hosts says of a key that a host presented. */
export type HostKeyVerdict = { readonly keyType: string; readonly fingerprint: string } & (
  | { readonly status: 'known'; readonly file: string; readonly line: number }
  | { readonly status: 'unknown' }
  /** Other keys are known for this host, or this key is not that of its address. */
  | { readonly status: 'changed'; readonly expected: readonly KnownKey[] }
  | { readonly status: 'revoked'; readonly file: string; readonly line?: number }
  /** Not known itself, but authorities are trusted for this host: a certificate can vouch for it. */
  | { readonly status: 'ca'; readonly otherwise: 'unknown' | 'changed'; readonly expected: readonly KnownKey[] }
)

/**
 * Verifies host keys against known_hosts files as OpenSSH 9.2 does (hostfile.c, check_host_key() of sshconnect.c): plain, hashed, wildcard and
 * negated names, `[host]:port`, @revoked and @cert-authority; the key of any type that differs from a known one is a changed key; a host on
 * another port than 22 is also looked up without its port, which can make it known but never changed.
 */
export class KnownHosts {
  readonly #index = new HostIndex()
  readonly #revoked: readonly PublicKey[]
  readonly #files: KnownHostsFiles
  readonly #store: KnownHostsStore
  #accepting: Promise<unknown> = Promise.resolve()

  /** @throws OpsError E_SSH_CONFIG when RevokedHostKeys can not be used */
  static async load(files: KnownHostsFiles, store: KnownHostsStore): Promise<KnownHosts> {
    const revoked = files.revoked === undefined ? [] : await loadRevokedKeys(files.revoked, path => store.readFile(path))
    const known = new KnownHosts(files, store, revoked)
    for (const file of files.files) known.#index.add(parseHostLines((await store.readFile(file)) ?? '', file))
    return known
  }

  private constructor(files: KnownHostsFiles, store: KnownHostsStore, revoked: readonly PublicKey[]) {
    this.#files = files
    this.#store = store
    this.#revoked = revoked
  }

  /** Judges a key in wire form. With `addresses`, as CheckHostIP wants it, keys known for them count too. */
  check(name: HostName, blob: Buffer, addresses: readonly string[] = []): HostKeyVerdict {
    const key = readPublicKey(blob)
    const about = { keyType: key?.type ?? 'unknown', fingerprint: fingerprintOf(blob) }
    if (!key) return { ...about, status: 'unknown' }
    if (this.#revoked.some(revoked => revoked.blob.equals(blob)))
      return { ...about, status: 'revoked', file: this.#files.revoked ?? '' }
    const verdict = this.#judge(name, key)
    const wrong = verdict.status === 'revoked' ? undefined : this.#otherKeysOf(addresses, name.port, key)
    const judged: Judgement = wrong && verdict.status !== 'changed' ? { status: 'changed', expected: wrong } : verdict
    if ((judged.status !== 'unknown' && judged.status !== 'changed') || this.authorities(name).length === 0)
      return { ...about, ...judged }
    return { ...about, status: 'ca', otherwise: judged.status, expected: judged.status === 'changed' ? judged.expected : [] }
  }

  /** The authorities that may vouch for a host. */
  authorities(name: HostName): HostEntry[] {
    if (!this.#index.hasAuthorities) return []
    return lookups(name).flatMap(word => this.#index.find(word).filter(({ line }) => line.marker === 'authority'))
  }

  /** True when a key of the host itself is known, whatever its type. */
  hasPlainKey(name: HostName): boolean {
    return plainOf(this.#index.find(lookups(name)[0])).length > 0
  }

  /** True when a key, of a host or of an authority, must not be trusted for this host. */
  isRevoked(name: HostName, key: PublicKey): boolean {
    const entries = lookups(name).flatMap(word => this.#index.find(word))
    return [...this.#revoked, ...entries.filter(({ line }) => line.marker === 'revoked').map(entry => entry.key)].some(revoked =>
      revoked.blob.equals(key.blob),
    )
  }

  /**
   * The host key algorithms to offer: as given when the first of them fits a known key, else those of known keys first, so that the host presents
   * the key that is known. As order_hostkeyalgs() of OpenSSH.
   */
  algorithmsFor(name: HostName, offered: readonly string[]): string[] {
    const [word = ''] = lookups(name)
    const types = new Set(plainOf(this.#index.find(word)).map(({ key }) => key.type))
    const isKnown = (algorithm: string): boolean => types.has(keyTypeOf(algorithm))
    const [best] = offered
    if (best !== undefined && isKnown(best)) return [...offered]
    return [...offered.filter(isKnown), ...offered.filter(algorithm => !isKnown(algorithm))]
  }

  /**
   * Adds a key to the end of a file, unless the file has it by now. Calls take turns, so that two connections do not add it twice.
   * @returns 'conflict' when the file has got another key for this host meanwhile: nothing was written
   * @throws whatever the store throws when it can not write
   */
  accept(
    name: HostName,
    blob: Buffer,
    into: { readonly file: string; readonly hash: boolean },
  ): Promise<'added' | 'present' | 'conflict'> {
    const turn = this.#accepting.then(() => this.#accept(name, blob, into))
    this.#accepting = turn.catch(() => undefined)
    return turn
  }

  async #accept(
    name: HostName,
    blob: Buffer,
    { file, hash }: { readonly file: string; readonly hash: boolean },
  ): Promise<'added' | 'present' | 'conflict'> {
    const [word = ''] = lookups(name)
    const key = readPublicKey(blob)
    if (!key || /[@?*#|'"\\\s,!]/.test(word)) throw new Error(`'${word}' can not be written to ${file}`)
    const text = (await this.#store.readFile(file)) ?? ''
    const current = new HostIndex()
    current.add(parseHostLines(text, file))
    const known = judge(current.find(word), key)
    if (known.status === 'known') return 'present'
    if (known.status !== 'unknown') return 'conflict'
    const written = `${hash ? hashedName(word, randomBytes(20)) : word} ${key.type} ${blob.toString('base64')}\n`
    const glue = text === '' || text.endsWith('\n') ? '' : '\n'
    await this.#store.appendFile(file, glue + written)
    const line = text.split('\n').length - (glue === '' ? 1 : 0)
    this.#index.add(parseHostLines(written, file).map(added => ({ ...added, line: line + 1 })))
    return 'added'
  }

  #judge(name: HostName, key: PublicKey): Judgement {
    const [first = '', withoutPort] = lookups(name)
    const verdict = judge(this.#index.find(first), key)
    if (verdict.status !== 'unknown' || withoutPort === undefined) return verdict
    const other = judge(this.#index.find(withoutPort), key)
    return other.status === 'changed' ? verdict : other
  }

  /** What is known for the first address that has keys, but not this one. */
  #otherKeysOf(addresses: readonly string[], port: number, key: PublicKey): readonly KnownKey[] | undefined {
    for (const host of addresses) {
      const [word = ''] = lookups({ host, port })
      const verdict = judge(this.#index.find(word), key)
      if (verdict.status === 'changed') return verdict.expected
    }
    return undefined
  }
}

type Judgement =
  | { readonly status: 'known' | 'revoked'; readonly file: string; readonly line: number }
  | { readonly status: 'unknown' }
  | { readonly status: 'changed'; readonly expected: readonly KnownKey[] }

/** Judges a key by the entries of one name, as check_hostkeys_by_key_or_type() of OpenSSH. */
function judge(entries: readonly HostEntry[], key: PublicKey): Judgement {
  const same = entries.filter(entry => entry.key.blob.equals(key.blob))
  const revoked = same.find(({ line }) => line.marker === 'revoked')
  if (revoked) return { status: 'revoked', file: revoked.line.file, line: revoked.line.line }
  const known = plainOf(same)[0]
  if (known) return { status: 'known', file: known.line.file, line: known.line.line }
  const expected = plainOf(entries).map(({ line, key: other }) => ({
    type: other.type,
    fingerprint: fingerprintOf(other.blob),
    file: line.file,
    line: line.line,
  }))
  return expected.length > 0 ? { status: 'changed', expected } : { status: 'unknown' }
}

/** The words under which a host is looked up: first with its port, then without. */
function lookups({ host, port, hostKeyAlias }: HostName): [string, ...string[]] {
  if (hostKeyAlias !== undefined) return [hostKeyAlias.toLowerCase()]
  const name = host.toLowerCase()
  return port === 22 ? [name] : [`[${name}]:${port}`, name]
}

const plainOf = (entries: readonly HostEntry[]): HostEntry[] => entries.filter(({ line }) => line.marker === 'none')

/** The type of key an algorithm signs with. */
const keyTypeOf = (algorithm: string): string => (algorithm.startsWith('rsa-sha2-') ? 'ssh-rsa' : algorithm)

import { createPrivateKey, type KeyObject } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { errnoOf } from '../core/errno.ts'
import { SshReader } from './ssh-encoding.ts'
import { type Identity, signWithKey } from './ssh-identity.ts'
import type { SshLibrary } from './ssh-library.ts'

/** Asks for the passphrase of a key file; undefined when nobody can be asked. */
export type AskPassphrase = (file: string) => Promise<string | undefined>

/** Why a key file is not offered. */
export interface UnusableKey {
  readonly label: string
  readonly unusable: string
  /** Its public half, where that is known: the agent may hold the rest. */
  readonly blob?: Buffer
}

const passphraseTries = 3

/** Key files, each read and parsed once in the life of the process, whatever the number of hosts it opens. */
export class KeyFiles {
  readonly #library: SshLibrary
  readonly #ask: AskPassphrase
  readonly #loaded = new Map<string, Promise<readonly (Identity | UnusableKey)[]>>()

  constructor(library: SshLibrary, ask: AskPassphrase) {
    this.#library = library
    this.#ask = ask
  }

  /** The key of a file, after the certificate beside it if there is one; nothing for a file that does not exist. */
  load(file: string): Promise<readonly (Identity | UnusableKey)[]> {
    const known = this.#loaded.get(file)
    if (known) return known
    const loading = this.#read(file)
    this.#loaded.set(file, loading)
    return loading
  }

  async #read(file: string): Promise<readonly (Identity | UnusableKey)[]> {
    const unusable = (why: string, blob?: Buffer): readonly UnusableKey[] => [
      { label: file, unusable: why, ...(blob && { blob }) },
    ]
    const publicHalf = await publicBlob(`${file}.pub`)
    let text: string
    try {
      text = await readFile(file, 'utf8')
      const blob = publicKeyIn(text)
      if (blob) return unusable('a public key, whose other half the agent does not hold', blob)
      const { mode, uid } = await stat(file)
      // As ssh: a key that others can read is no secret.
      if ((mode & 0o077) !== 0 && uid === process.getuid?.()) return unusable('others can read it: chmod 600', publicHalf)
    } catch (error) {
      const code = errnoOf(error)
      if (code !== 'ENOENT') return unusable(`can not be read (${code})`, publicHalf)
      return publicHalf ? unusable('only its public half is here', publicHalf) : []
    }
    const key = await this.#parse(file, text)
    if ('unusable' in key) return [key]
    const certificate = await publicBlob(`${file}-cert.pub`)
    return certificate ? [{ ...key, label: `${file}-cert.pub`, blob: certificate }, key] : [key]
  }

  async #parse(file: string, text: string): Promise<Identity | UnusableKey> {
    const open = this.#open(text)
    if (!(open instanceof Error)) {
      const { key, blob } = open
      return identity(file, blob, false, async () => key)
    }
    if (!/encrypted/i.test(open.message)) return { label: file, unusable: open.message }
    const unlock = memoized(() => this.#unlock(file, text))
    const blob = publicPart(text) ?? (await publicBlob(`${file}.pub`))
    if (blob) return identity(file, blob, true, async () => (await unlock()).key)
    // An old format that hides even the public key: the passphrase is needed to offer it.
    return unlock().then(
      opened => identity(file, opened.blob, false, async () => opened.key),
      error => ({ label: file, unusable: error.message }),
    )
  }

  async #unlock(file: string, text: string): Promise<{ key: KeyObject; blob: Buffer }> {
    for (let attempt = 1; attempt <= passphraseTries; attempt++) {
      const passphrase = await this.#ask(file)
      if (passphrase === undefined) throw new Error('encrypted, and nobody can be asked for the passphrase')
      const open = this.#open(text, passphrase)
      if (!(open instanceof Error)) return open
    }
    throw new Error('the passphrase was wrong')
  }

  #open(text: string, passphrase?: string): { key: KeyObject; blob: Buffer } | Error {
    const parsed = this.#library.parseKey(text, passphrase)
    const key = Array.isArray(parsed) ? parsed[0] : parsed
    if (key instanceof Error) return key
    if (!key?.isPrivateKey()) return new Error('not a private key')
    return { key: createPrivateKey(key.getPrivatePEM()), blob: key.getPublicSSH() }
  }
}

function identity(label: string, blob: Buffer, dear: boolean, key: () => Promise<KeyObject>): Identity {
  return { label, from: 'file', blob, dear, sign: async (data, algorithm) => signWithKey(await key(), data, algorithm) }
}

function memoized<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    made ??= make()
    return made
  }
}

/** The public key that stands readable in an encrypted file of OpenSSH's own format (PROTOCOL.key). */
function publicPart(text: string): Buffer | undefined {
  const body = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]+?)-----END/.exec(text)?.[1]
  const magic = 'openssh-key-v1\0'
  const bytes = Buffer.from(body ?? '', 'base64')
  if (bytes.subarray(0, magic.length).toString('latin1') !== magic) return undefined
  const reader = new SshReader(bytes.subarray(magic.length))
  for (const _ of ['cipher', 'derivation', 'its options']) reader.string()
  return reader.uint32() === 1 ? Buffer.from(reader.string()) : undefined
}

/** What a public key file holds; undefined when it is missing. */
async function publicBlob(file: string): Promise<Buffer | undefined> {
  return publicKeyIn(await readFile(file, 'utf8').catch(() => ''))
}

/** The key of a line `type base64 comment`. */
function publicKeyIn(text: string): Buffer | undefined {
  const [type = '', word = ''] = text.trim().split(/\s+/)
  const blob = Buffer.from(word, 'base64')
  return blob.length > 4 + type.length && blob.subarray(4, 4 + type.length).toString() === type ? blob : undefined
}

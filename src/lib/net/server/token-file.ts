import { createHash, timingSafeEqual } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { errnoOf } from '../../core/errno.ts'
import { OpsError } from '../../core/errors.ts'

/** A shorter one could be guessed. */
const leastLength = 16

/** Tokens in a file, one a line; empty lines and those that begin with `#` count for nothing. Read again when the file has changed. */
export class TokenFile {
  readonly path: string
  #seen: string
  #digests: readonly Buffer[]

  private constructor(path: string, seen: string, digests: readonly Buffer[]) {
    this.path = path
    this.#seen = seen
    this.#digests = digests
  }

  /** @throws OpsError E_CONFIG */
  static async open(path: string): Promise<TokenFile> {
    const seen = await stateOf(path).catch(cause => unreadable(path, cause))
    const digests = digestsOf(await readFile(path, 'utf8').catch(cause => unreadable(path, cause)))
    if (digests.length === 0) {
      throw new OpsError('E_CONFIG', `${path} holds no token of ${leastLength} characters or more`, {
        hint: `write one: openssl rand -hex 32 > ${path}`,
        data: { file: path },
      })
    }
    return new TokenFile(path, seen, digests)
  }

  /** Takes as long for each token, right or wrong. A file that is gone, or that holds no token, knows none. */
  async has(token: string): Promise<boolean> {
    await this.#refresh()
    const digest = digestOf(token)
    let isKnown = false
    for (const known of this.#digests) isKnown = timingSafeEqual(known, digest) || isKnown
    return isKnown
  }

  async #refresh(): Promise<void> {
    try {
      const state = await stateOf(this.path)
      if (state === this.#seen) return
      this.#digests = digestsOf(await readFile(this.path, 'utf8'))
      this.#seen = state
    } catch {
      this.#digests = []
      this.#seen = ''
    }
  }
}

/** Changes with what is written and with what takes its place. */
async function stateOf(path: string): Promise<string> {
  const { ino, size, mtimeNs } = await stat(path, { bigint: true })
  return `${ino} ${size} ${mtimeNs}`
}

const digestOf = (token: string): Buffer => createHash('sha256').update(token).digest()

function digestsOf(text: string): readonly Buffer[] {
  const lines = text.split('\n').map(line => line.trim())
  return lines.filter(line => line.length >= leastLength && !line.startsWith('#')).map(digestOf)
}

function unreadable(path: string, cause: unknown): never {
  throw new OpsError('E_CONFIG', `could not read the tokens of ${path}: ${errnoOf(cause) ?? cause}`, {
    cause,
    data: { file: path },
  })
}

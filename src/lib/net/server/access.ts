import { Refusal } from './refusal.ts'
import type { ClientCertificate, Right } from './server-request.ts'
import { TokenFile } from './token-file.ts'

/** Who may do what. Without any of it everybody who can connect may read, and nobody may change, but over a socket in the file system. */
export interface AccessOptions {
  /** A file of tokens, one a line, that allow everything. */
  readonly changeTokens?: string
  /** A file of tokens that allow reading; reading then needs one. */
  readonly readTokens?: string
  /** Names or fingerprints of client certificates that allow everything; absent: those that a client authority signed. */
  readonly changeClients?: readonly string[]
  /** Reading needs a token or a certificate too. */
  readonly lockReading?: boolean
}

/** What a request shows of its sender. */
export interface Credentials {
  readonly authorization: string | undefined
  readonly client: ClientCertificate | undefined
  /** Over a socket in the file system, which only its owner can open. */
  readonly isLocalSocket: boolean
}

export class Access {
  readonly #options: AccessOptions
  readonly #change: TokenFile | undefined
  readonly #read: TokenFile | undefined
  readonly #takesCertificates: boolean

  private constructor(
    options: AccessOptions,
    files: { change: TokenFile | undefined; read: TokenFile | undefined },
    mtls: boolean,
  ) {
    this.#options = options
    this.#change = files.change
    this.#read = files.read
    this.#takesCertificates = mtls
  }

  /** @throws OpsError E_CONFIG for a file that can not be used */
  static async open(options: AccessOptions, { takesCertificates }: { readonly takesCertificates: boolean }): Promise<Access> {
    const [change, read] = await Promise.all(
      [options.changeTokens, options.readTokens].map(path => (path === undefined ? undefined : TokenFile.open(path))),
    )
    return new Access(options, { change, read }, takesCertificates)
  }

  /** @throws Refusal 401 where a token would help, 403 where nothing would */
  async demand(right: Right, shown: Credentials): Promise<void> {
    const isLocked = this.#options.lockReading || this.#read !== undefined
    if (shown.isLocalSocket || (right === 'read' && !isLocked)) return
    if (shown.client && (right === 'read' || this.#mayChange(shown.client))) return
    const token = tokenOf(shown.authorization)
    if (token !== undefined && (await this.#change?.has(token))) return
    const isReader = token !== undefined && (await this.#read?.has(token)) === true
    if (isReader && right === 'read') return
    this.#refuse(right, isReader || shown.client !== undefined)
  }

  #mayChange({ name, fingerprint }: ClientCertificate): boolean {
    const { changeClients } = this.#options
    if (changeClients === undefined) return true
    return changeClients.some(wanted => wanted === name || wanted.toLowerCase().replaceAll(':', '') === fingerprint)
  }

  #refuse(right: Right, isKnown: boolean): never {
    const does = right === 'change' ? 'change something' : 'read'
    if (isKnown) throw new Refusal(403, `who you are may read, and not ${does}`)
    if (this.#change === undefined && this.#read === undefined) {
      throw new Refusal(403, `nobody may ${does} here`, {
        hint: this.#takesCertificates
          ? 'show a client certificate'
          : 'start the server with a file of tokens, or with client certificates',
      })
    }
    const headers = { 'www-authenticate': 'Bearer realm="opsctl", Basic realm="opsctl", charset="UTF-8"' }
    throw new Refusal(401, `a token is needed to ${does}`, { hint: 'send it as Authorization: Bearer TOKEN', headers })
  }
}

/** Bearer (RFC 6750), or the password of Basic (RFC 7617), which browsers can ask for. */
function tokenOf(authorization: string | undefined): string | undefined {
  const [, scheme = '', value = ''] = /^(Bearer|Basic) +(\S+) *$/i.exec(authorization ?? '') ?? []
  if (scheme.toLowerCase() === 'bearer') return value
  if (scheme.toLowerCase() !== 'basic') return undefined
  const text = Buffer.from(value, 'base64').toString()
  return text.slice(text.indexOf(':') + 1)
}

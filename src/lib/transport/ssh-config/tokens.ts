import { createHash } from 'node:crypto'

/** The letters after % that OpenSSH 9.2 knows; which of them an option takes differs. */
export type Token = 'C' | 'L' | 'd' | 'h' | 'i' | 'k' | 'l' | 'n' | 'p' | 'r' | 'u'

/** What each token stands for on one connection. */
export type TokenValues = Readonly<Record<Token, string>>

export interface ConnectionNames {
  /** Name of this machine. */
  readonly localHostname: string
  readonly localUser: string
  readonly uid: number
  readonly home: string
  /** As it was typed. */
  readonly originalHost: string
  /** What is connected to. */
  readonly host: string
  readonly port: number
  readonly user: string
  /** HostKeyAlias, or what stands for it. */
  readonly keyAlias: string
}

/** All tokens of a connection. %C is the SHA-1 of %l%h%p%r. */
export function tokenValues(names: ConnectionNames): TokenValues {
  const port = String(names.port)
  const connection = createHash('sha1').update(`${names.localHostname}${names.host}${port}${names.user}`)
  return {
    C: connection.digest('hex'),
    L: names.localHostname.replace(/\..*$/s, ''),
    d: names.home,
    h: names.host,
    i: String(names.uid),
    k: names.keyAlias,
    l: names.localHostname,
    n: names.originalHost,
    p: port,
    r: names.user,
    u: names.localUser,
  }
}

/** A token that is not among the known ones, or a lone % at the end; undefined when all are good. */
export function unknownToken(text: string, known: ReadonlySet<string>): string | undefined {
  for (const [token, letter] of text.matchAll(/%(.?)/gs)) {
    if (letter !== '%' && !known.has(letter ?? '')) return token
  }
  return undefined
}

/**
 * Replaces tokens, and `${NAME}` where an environment is given. What a variable holds is not expanded again.
 * @throws Error saying which token or variable is wrong
 */
export function expandTokens(
  text: string,
  tokens: Readonly<Partial<TokenValues>>,
  env?: Readonly<Record<string, string | undefined>>,
): string {
  const pattern = env ? /%(.?)|\$\{([^}]*)(\}?)/gs : /%(.?)/gs
  return text.replace(pattern, (whole: string, letter: string | undefined, name: unknown, close: unknown) => {
    if (letter === undefined) return readVariable(whole, env ?? {}, typeof name === 'string' ? name : '', close === '}')
    if (letter === '%') return '%'
    const value = (tokens as Readonly<Record<string, string | undefined>>)[letter]
    if (value === undefined) throw new Error(`unknown token '${whole}'`)
    return value
  })
}

function readVariable(whole: string, env: Readonly<Record<string, string | undefined>>, name: string, closed: boolean): string {
  if (!closed) throw new Error(`'${whole}' is not closed by }`)
  const value = name === '' ? undefined : env[name]
  if (value === undefined) throw new Error(`the environment variable '${name}' is not set`)
  return value
}

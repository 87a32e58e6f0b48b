import { NetError } from '../../net/net-error.ts'
import { abortable } from '../../run/deadline.ts'
import { basicCredentials } from './credentials.ts'

/** What a token is asked for with (RFC 6749, section 4.4: client credentials). */
export interface TokenTerms {
  readonly url: URL
  readonly clientId: string
  readonly clientSecret: string
  readonly scopes: readonly string[]
}

/** An answer of the server of tokens. */
export interface TokenAnswer {
  readonly status: number
  readonly body: Uint8Array
}

interface Token {
  readonly value: string
  /** Milliseconds since 1970. */
  readonly until: number
}

/** It is asked for anew so long before its end: the clocks differ, and requests take time. */
const marginMs = 30_000

/** Tokens of a run: each is asked for once, until it ends or a server refuses it. */
export class TokenCache {
  readonly #tokens = new Map<string, Promise<Token>>()

  /** @throws NetError; the signal's reason when it aborts */
  async token(terms: TokenTerms, { now, signal, ask }: Asking): Promise<string> {
    const key = keyOf(terms)
    const known = this.#tokens.get(key)
    if (known) {
      // Whoever asked may have been cut short: then it is our turn.
      const token = await abortable(signal, known).catch(() => undefined)
      signal.throwIfAborted()
      if (token && token.until > now) return token.value
    }
    const asked = ask(formOf(terms)).then(answer => tokenOf(answer, now))
    this.#tokens.set(key, asked)
    try {
      return (await asked).value
    } catch (error) {
      if (this.#tokens.get(key) === asked) this.#tokens.delete(key)
      throw error
    }
  }

  /** A server does not accept it any more. */
  forget(terms: TokenTerms): void {
    this.#tokens.delete(keyOf(terms))
  }
}

interface Asking {
  /** Milliseconds since 1970. */
  readonly now: number
  readonly signal: AbortSignal
  readonly ask: (form: TokenForm) => Promise<TokenAnswer>
}

/** A POST. */
export interface TokenForm {
  readonly headers: readonly (readonly [string, string])[]
  readonly body: Buffer
}

const keyOf = ({ url, clientId, clientSecret, scopes }: TokenTerms): string =>
  JSON.stringify([url.href, clientId, clientSecret, scopes])

function formOf({ clientId, clientSecret, scopes }: TokenTerms): TokenForm {
  const form = new URLSearchParams({ grant_type: 'client_credentials', ...(scopes.length > 0 && { scope: scopes.join(' ') }) })
  const encode = (text: string): string => new URLSearchParams({ '': text }).toString().slice(1)
  return {
    headers: [
      ['authorization', basicCredentials(encode(clientId), { password: encode(clientSecret) })],
      ['content-type', 'application/x-www-form-urlencoded'],
      ['accept', 'application/json'],
    ],
    body: Buffer.from(form.toString()),
  }
}

function tokenOf({ status, body }: TokenAnswer, now: number): Token {
  const refused = (why: string): NetError => new NetError('auth', `no token: ${why}`, { phase: 'transfer' })
  if (status !== 200) throw refused(`status ${status} of its server`)
  const answer = parsed(body)
  const { access_token: value, expires_in: seconds } = answer
  if (typeof value !== 'string' || value === '') throw refused('the answer of its server holds none')
  const lifeMs = typeof seconds === 'number' && seconds > 0 ? seconds * 1000 : marginMs
  return { value, until: now + Math.max(lifeMs - marginMs, lifeMs / 2) }
}

function parsed(body: Uint8Array): { readonly access_token?: unknown; readonly expires_in?: unknown } {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(body))
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}

import type { Answer } from '../http1/connection.ts'
import { fieldValues } from '../http1/field.ts'

interface Cookie {
  readonly name: string
  readonly value: string
  readonly domain: string
  /** Only for the very host that set it. */
  readonly hostOnly: boolean
  readonly path: string
  readonly secure: boolean
  /** Only for this very origin: cookies of servers go to every port of a host. */
  readonly origin?: string
}

const maxCookies = 64
const maxBytes = 4096

/** Cookies of one look, from one redirect to the next (RFC 6265, section 5). */
export class CookieJar {
  #cookies: readonly Cookie[] = []

  /** One that was there before the first request, for its origin alone. */
  add(url: URL, { name, value }: { readonly name: string; readonly value: string }): void {
    this.#put({ name, value, domain: url.hostname, hostOnly: true, path: '/', secure: false, origin: url.origin })
  }

  /** What an answer sets. `now` in milliseconds since 1970. */
  take(url: URL, { headers }: Pick<Answer, 'headers'>, now: number): void {
    for (const text of fieldValues(headers, 'set-cookie').slice(0, maxCookies)) {
      if (text.length > maxBytes) continue
      const found = parseCookie(text, url, now)
      if (found === undefined) continue
      if (found.ended) this.#remove(found.cookie)
      else this.#put(found.cookie)
    }
  }

  /** Value of the `cookie` header for a request; undefined where there is none. */
  header(url: URL): string | undefined {
    if (this.#cookies.length === 0) return undefined
    const sent = this.#cookies
      .filter(cookie => isFor(cookie, url))
      .toSorted((a, b) => b.path.length - a.path.length)
      .map(({ name, value }) => `${name}=${value}`)
    return sent.length > 0 ? sent.join('; ') : undefined
  }

  #remove({ name, domain, path }: Cookie): void {
    this.#cookies = this.#cookies.filter(other => other.name !== name || other.domain !== domain || other.path !== path)
  }

  #put(cookie: Cookie): void {
    this.#remove(cookie)
    this.#cookies = [...this.#cookies, cookie].slice(-maxCookies)
  }
}

function parseCookie(text: string, url: URL, now: number): { readonly cookie: Cookie; readonly ended: boolean } | undefined {
  const [pair = '', ...attributes] = text.split(';')
  const equals = pair.indexOf('=')
  const name = pair.slice(0, Math.max(0, equals)).trim()
  if (name === '') return undefined
  const said = new Map(
    attributes.map(attribute => {
      const [key = '', ...value] = attribute.split('=')
      return [key.trim().toLowerCase(), value.join('=').trim()]
    }),
  )
  const domain = said.get('domain')?.replace(/^\./, '').toLowerCase()
  // One dot at least: a cookie for a whole top-level domain is none.
  if (domain && !(domain === url.hostname || (url.hostname.endsWith(`.${domain}`) && domain.includes('.')))) return undefined
  const path = said.get('path')
  const cookie = {
    name,
    value: pair.slice(equals + 1).trim(),
    domain: domain || url.hostname,
    hostOnly: !domain,
    path: path?.startsWith('/') ? path : url.pathname.replace(/\/[^/]*$/, '') || '/',
    secure: said.has('secure'),
  }
  return { cookie, ended: isOver(said, now) }
}

function isOver(said: ReadonlyMap<string, string>, now: number): boolean {
  const maxAge = said.get('max-age')
  if (maxAge !== undefined && /^-?\d+$/.test(maxAge)) return Number(maxAge) <= 0
  return Date.parse(said.get('expires') ?? '') <= now
}

function isFor({ domain, hostOnly, path, secure, origin }: Cookie, url: URL): boolean {
  if (origin !== undefined && origin !== url.origin) return false
  const host = url.hostname === domain || (!hostOnly && url.hostname.endsWith(`.${domain}`))
  const below = url.pathname === path || url.pathname.startsWith(path.endsWith('/') ? path : `${path}/`)
  return host && below && (!secure || url.protocol === 'https:')
}

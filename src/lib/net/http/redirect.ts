import type { Answer } from '../http1/connection.ts'
import { fieldValues } from '../http1/field.ts'
import { NetError } from '../net-error.ts'
import type { HttpRequest } from './client.ts'

/** A request, and which of its parts are for the eyes of its own origin only. */
export interface PrivateRequest extends HttpRequest {
  /** Names of headers, lower case, besides those that always are. */
  readonly privateHeaders: ReadonlySet<string>
  readonly privateBody: boolean
}

const alwaysPrivate = new Set(['authorization', 'cookie', 'proxy-authorization'])
const ofBody = new Set(['content-type', 'content-encoding', 'content-language', 'content-location'])
const maxShown = 200

/**
 * The request that an answer sends us to (RFC 9110, section 15.4); undefined where it sends us nowhere. To another origin go neither
 * credentials nor headers that are private.
 * @throws NetError for a place to which we do not go
 */
export function redirected(request: PrivateRequest, { status, headers }: Answer): PrivateRequest | undefined {
  if (![301, 302, 303, 307, 308].includes(status)) return undefined
  const [location] = fieldValues(headers, 'location')
  if (location === undefined) return undefined
  const url = targetOf(location, request.url)
  const elsewhere = url.origin !== request.url.origin
  const becomesGet = status === 303 ? request.method !== 'HEAD' : status < 303 && request.method === 'POST'
  const { body, ...rest } = request
  const keepsBody = body !== undefined && !becomesGet
  if (elsewhere && keepsBody && request.privateBody) {
    throw refused(`the redirect to ${shown(url.href)} would send a secret to another server`)
  }
  const kept = request.headers.filter(([name]) => {
    const key = name.toLowerCase()
    if (becomesGet && ofBody.has(key)) return false
    return !(elsewhere && (key === 'host' || alwaysPrivate.has(key) || request.privateHeaders.has(key)))
  })
  return { ...rest, url, method: becomesGet ? 'GET' : request.method, headers: kept, ...(keepsBody && { body }) }
}

function targetOf(location: string, from: URL): URL {
  const url = URL.parse(location, from.href)
  if (url === null) throw refused(`the redirect goes to ${JSON.stringify(shown(location))}, which is no URL`)
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw refused(`the redirect goes to ${shown(url.href)}, which is not HTTP`)
  // Credentials that somebody else chose are not ours to send.
  url.username = ''
  url.password = ''
  if (url.hash === '') url.hash = from.hash
  return url
}

const shown = (text: string): string => (text.length > maxShown ? `${text.slice(0, maxShown)}…` : text)

const refused = (message: string): NetError => new NetError('redirects', message, { phase: 'transfer' })

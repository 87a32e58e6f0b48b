import { hostText } from '../../../net/http/open-stream.ts'
import type { Field } from '../../../net/http1/field.ts'
import { NetError } from '../../../net/net-error.ts'

/** One request of a probe: the first, or one that a redirect leads to. */
export interface Hop {
  /** Of the server by its name. */
  readonly url: URL
  readonly method: string
  /** Without `host`. */
  readonly headers: readonly Field[]
  /** Where it is another than the URL says. */
  readonly host?: string
  readonly body?: Buffer
  /** The address that was chosen; absent where the name is resolved when it is connected to. */
  readonly address?: string
  /** It goes to the server that is probed. */
  readonly isFirstServer: boolean
}

export const portOf = ({ port, protocol }: URL): number => Number(port) || (protocol === 'https:' ? 443 : 80)
export const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, '')

/** The URL with the address in place of the name, as it is sent to a proxy. */
export function addressUrl({ url, address }: Hop): URL {
  const own = new URL(url)
  if (address !== undefined) own.hostname = hostText(address)
  return own
}

/** Headers that go to no other server (as in Go's net/http, which blackbox_exporter uses). */
const ofFirstServer = /^(authorization|www-authenticate|cookie2?)$/i
const ofBody = /^(content-type|content-encoding|content-language|content-location)$/i

/** Whether an answer leads to another place. */
export const leadsOn = (status: number, location: string | undefined): location is string =>
  [301, 302, 303, 307, 308].includes(status) && location !== undefined && location !== ''

/** The request that an answer leads to. @throws NetError for what is no URL of the web */
export function nextHop(hop: Hop, { status, location }: { readonly status: number; readonly location: string }): Hop {
  const url = URL.parse(location, hop.url.href)
  if (url === null) throw refused(`the redirect goes to ${JSON.stringify(location.slice(0, 200))}, which is no URL`)
  if (!/^https?:$/.test(url.protocol)) throw refused(`the redirect goes to ${url.href.slice(0, 200)}, which is not of the web`)
  url.username = ''
  url.password = ''
  url.hash = ''
  const { body, address, host, headers, method, ...rest } = hop
  const keepsBody = status >= 307
  const isRelative = URL.parse(location) === null && !location.startsWith('//')
  const stays = url.host === hop.url.host && url.protocol === hop.url.protocol
  return {
    ...rest,
    url,
    method: keepsBody || method === 'GET' || method === 'HEAD' ? method : 'GET',
    headers: headers.filter(
      ([name]) => !(ofFirstServer.test(name) && !mayKnow(hop.url, url)) && (keepsBody || !ofBody.test(name)),
    ),
    ...(keepsBody && body && { body }),
    ...(stays && address !== undefined && { address }),
    ...(isRelative && host !== undefined && { host }),
    isFirstServer: hop.isFirstServer && stays,
  }
}

/** Whether what is secret may go on to another server: to the same host or one below it, and never out of TLS. */
export function mayKnow(from: URL, to: URL): boolean {
  if (from.protocol === 'https:' && to.protocol === 'http:') return false
  return to.hostname === from.hostname || (to.hostname.endsWith(`.${from.hostname}`) && !/^[\d.]+$/.test(from.hostname))
}

const refused = (message: string): NetError => new NetError('redirects', message, { phase: 'transfer' })

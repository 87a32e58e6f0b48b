import { dialFromHere } from '../../../net/dial.ts'
import { HttpClient } from '../../../net/http/client.ts'
import type { Route } from '../../../net/http/route.ts'
import type { Field } from '../../../net/http1/field.ts'
import type { BodyLimits } from '../../../net/http1/held-body.ts'
import type { HttpSettings } from '../config/http-shape.ts'
import { demandAllowed } from '../look/choose-address.ts'
import type { Look } from '../look/look.ts'
import { targetDialer } from '../look/target-dialer.ts'
import type { ClientTools } from './client-tools.ts'
import { addressUrl, type Hop, hostOf, mayKnow, portOf } from './hop.ts'

/** What came of one request, as far as it came. */
export interface HopAnswer {
  readonly status: number
  /** `1.1`, `2`. */
  readonly version: string
  readonly headers: readonly Field[]
  readonly isTls: boolean
  readonly body: Buffer
  readonly bodyBytes: number
  /** The body did not come to its end, for this reason. */
  readonly cut?: unknown
}

export interface Asking {
  readonly settings: HttpSettings
  readonly client: ClientTools
  readonly limits: BodyLimits
  /** The server that is probed. */
  readonly first: Hop
}

/** Asks one server. @throws NetError where there was no answer at all; the signal's reason */
export async function askHop(look: Look, hop: Hop, asking: Asking): Promise<HopAnswer> {
  const { client, limits, first } = asking
  const { signal, progress, tools } = look
  const isTls = hop.url.protocol === 'https:'
  progress.tls = undefined
  let head: Pick<HopAnswer, 'status' | 'version' | 'headers'> | undefined
  const known = mayKnow(first.url, hop.url)
  const own = new Set(hop.headers.map(([name]) => name.toLowerCase()))
  const credentials = known ? client.credentials.filter(([name]) => !own.has(name)) : []
  const headers: Field[] = [['host', hop.host ?? hop.url.host], ...hop.headers, ...credentials]
  look.tell('info', 'Making a request', { method: hop.method, url: hop.url.href, host: hop.host ?? hop.url.host })
  const request = { url: addressUrl(hop), method: hop.method, headers, ...(hop.body && { body: hop.body }) }
  try {
    const answer = await new HttpClient({ clock: tools.clock, tls: tools.tls }).ask(routeTo(look, hop, asking), request, {
      signal,
      progress,
      limits,
      onHead: seen => {
        head = seen
      },
    })
    return { ...answer, isTls }
  } catch (error) {
    if (head === undefined) throw error
    return { ...head, isTls, body: Buffer.alloc(0), bodyBytes: 0, cut: error }
  } finally {
    if (head) look.tell('info', 'Received an answer', { status_code: head.status, version: `HTTP/${head.version}` })
  }
}

function routeTo(look: Look, hop: Hop, { settings, client, first }: Asking): Route {
  const { url, address } = hop
  const host = hostOf(url)
  const proxy = client.proxyFor(url)
  // Through a proxy a name that we do not resolve must be allowed as such.
  if (proxy && address === undefined) demandAllowed(look, { host, port: portOf(url) })
  const { server_name: wished } = settings.tls_config
  const serverName = (hop.isFirstServer ? wished || withoutPort(first.host) : '') || host
  const { cert: _cert, key: _key, ...elsewhere } = client.tls
  const terms = mayKnow(first.url, url) ? client.tls : elsewhere
  return {
    dialer: proxy ? dialFromHere(look.tools.clock) : targetDialer(look),
    endpoint: { host: address ?? host, port: portOf(url) },
    ...(proxy && { proxy }),
    ...(url.protocol === 'https:' && {
      tls: { ...terms, serverName, alpn: settings.enable_http2 ? ['h2', 'http/1.1'] : ['http/1.1'] },
    }),
  }
}

const withoutPort = (host: string | undefined): string | undefined => host?.replace(/^\[(.*)\](?::\d+)?$|^([^:]*):\d+$/, '$1$2')

import { readFile } from 'node:fs/promises'
import type { Clock } from '../../core/clock.ts'
import { errnoOf } from '../../core/errno.ts'
import { dialFromHere } from '../dial.ts'
import { NetError } from '../net-error.ts'
import type { TlsWish } from '../secure-stream.ts'
import type { TlsParams } from './request-params.ts'
import type { Route } from './route.ts'

/** The way from here to the server of a URL, over HTTP/1.1. @throws NetError for files that can not be read */
export async function serverRoute(url: URL, { clock, tls }: { readonly clock: Clock; readonly tls: TlsParams }): Promise<Route> {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const isSecure = url.protocol === 'https:'
  const endpoint = { host, port: Number(url.port) || (isSecure ? 443 : 80) }
  const route = { dialer: dialFromHere(clock), endpoint }
  return isSecure ? { ...route, tls: { ...(await tlsWishOf(host, tls)), alpn: ['http/1.1'] } } : route
}

/** What a server must show, and what it is shown. @throws NetError for files that can not be read */
export async function tlsWishOf(host: string, tls: TlsParams): Promise<TlsWish> {
  const [ca, cert, key] = await Promise.all([tls.ca, tls.cert, tls.key].map(contentOf))
  return {
    serverName: tls.server_name ?? host,
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  }
}

/** Read anew every time: certificates are renewed while a daemon runs. */
async function contentOf(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new NetError('unreadable', `could not read ${path}: ${errnoOf(cause) ?? cause}`, { phase: 'tls', cause })
  }
}

import type { Dialer, Endpoint } from '../dial.ts'
import type { Field } from '../http1/field.ts'
import type { TlsWish } from '../secure-stream.ts'

/** A way to a server: requests by the same way may share a connection. */
export interface Route {
  readonly dialer: Dialer
  /** Name of the host from which the dialer connects; absent: from here. */
  readonly via?: string
  readonly endpoint: Exclude<Endpoint, { path: string }>
  readonly family?: 0 | 4 | 6
  /** Connect to this address instead of what the name resolves to. */
  readonly address?: string
  readonly tls?: TlsWish
  readonly proxy?: HttpProxy
  /** Speak HTTP/2 from the first byte where there is no TLS in which to agree on it. */
  readonly http2?: boolean
}

/** An HTTP proxy: asked for a tunnel (CONNECT) to a server with TLS, given the whole URL of any other. */
export interface HttpProxy {
  readonly host: string
  readonly port: number
  /** Value of `proxy-authorization`. */
  readonly authorization?: string
  /** Sent with CONNECT besides. */
  readonly headers?: readonly Field[]
}

/** What tells a route from others, for connections that are kept. */
export function routeKey({ via = '', endpoint, family = 0, address, tls, proxy }: Route): string {
  return JSON.stringify([via, endpoint.host, endpoint.port, family, address, tls, proxy])
}

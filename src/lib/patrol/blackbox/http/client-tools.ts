import type { Route } from '../../../net/http/route.ts'
import type { Field } from '../../../net/http1/field.ts'
import type { TlsWish } from '../../../net/secure-stream.ts'

/** What a probe of the web needs besides its requests, read from files when it begins. */
export interface ClientTools {
  readonly tls: Omit<TlsWish, 'serverName'>
  /** Sent to the server that is probed, and to those that may know it. */
  readonly credentials: readonly Field[]
  /** The proxy for a URL; undefined for none. */
  readonly proxyFor: (url: URL) => Route['proxy']
}

import type { Clock } from '../../core/clock.ts'
import { type Answer, type ExchangeOptions, Http1Connection } from '../http1/connection.ts'
import { type Field, fieldValues } from '../http1/field.ts'
import type { Http1Pool, KeptConnection } from '../http1/pool.ts'
import { NetError } from '../net-error.ts'
import { exchangeHttp2 } from './http2-exchange.ts'
import { type OpenOptions, openStream } from './open-stream.ts'
import { type Route, routeKey } from './route.ts'

export interface HttpRequest {
  readonly url: URL
  readonly method: string
  /** `host` is added where it is not among them. */
  readonly headers: readonly Field[]
  readonly body?: Uint8Array
}

interface HttpClientOptions {
  readonly clock: Clock
  /** Where connections are left open between requests; absent: each serves one. */
  readonly pool?: Http1Pool
  /** What connections share. */
  readonly tls?: NonNullable<OpenOptions['tls']>
}

/** Methods that may be sent a second time when a kept connection turns out to be closed (RFC 9110, section 9.2.2). */
const idempotent = /^(GET|HEAD|OPTIONS|TRACE|PUT|DELETE)$/

/** Sends requests and reads their answers, with an account of every stage. */
export class HttpClient {
  readonly #options: HttpClientOptions

  constructor(options: HttpClientOptions) {
    this.#options = options
  }

  /** @throws NetError; the signal's reason when it aborts */
  async ask(route: Route, request: HttpRequest, options: ExchangeOptions): Promise<Answer> {
    const { pool } = this.#options
    const reuses = pool !== undefined && idempotent.test(request.method) && !route.http2
    const key = reuses ? routeKey(route) : ''
    const kept = reuses ? pool.take(key) : undefined
    if (kept) {
      try {
        options.progress.address = kept.address
        options.progress.tls = kept.tls
        return await this.#exchange(kept, { route, request, options, key })
      } catch (error) {
        // The server may have closed it at the very moment: nothing was answered, so it is asked once more.
        if (!(error instanceof NetError) || error.reason !== 'reset' || kept.connection.answered) throw error
      }
    }
    return this.#askAnew({ route, request, options, key })
  }

  async #askAnew(asked: Asked): Promise<Answer> {
    const { route, request, options } = asked
    const { stream, ...seen } = await openStream(route, { ...this.#options, signal: options.signal, progress: options.progress })
    if (seen.tls?.alpn === 'h2' || (route.http2 && route.tls === undefined)) {
      return exchangeHttp2(stream, request, { ...options, clock: this.#options.clock })
    }
    if (route.http2) {
      stream.destroy()
      throw new NetError('protocol', 'the server does not speak HTTP/2', { phase: 'tls' })
    }
    return this.#exchange({ connection: new Http1Connection(stream, this.#options.clock), ...seen }, asked)
  }

  async #exchange(kept: KeptConnection, { route, request, options, key }: Asked): Promise<Answer> {
    const { connection } = kept
    const answer = await connection.exchange(http1Request(route, request, key !== ''), options)
    if (!connection.isOpen) return answer
    if (key === '') connection.close()
    else this.#options.pool?.give(key, kept)
    return answer
  }
}

interface Asked {
  readonly route: Route
  readonly request: HttpRequest
  readonly options: ExchangeOptions
  /** Of the pool; empty for a connection of its own. */
  readonly key: string
}

function http1Request({ proxy, tls }: Route, { url, method, headers, body }: HttpRequest, keep: boolean) {
  const path = `${url.pathname}${url.search}`
  const throughProxy = proxy !== undefined && tls === undefined
  const all: Field[] = fieldValues(headers, 'host').length === 0 ? [['host', url.host]] : []
  for (const header of headers) all.push(header)
  if (!keep) all.push(['connection', 'close'])
  if (throughProxy && proxy.authorization !== undefined) all.push(['proxy-authorization', proxy.authorization])
  return { method, target: throughProxy ? `${url.origin}${path}` : path, headers: all, ...(body && { body }) }
}

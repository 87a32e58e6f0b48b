import type { Clock } from '../../core/clock.ts'
import { type Answer, type ExchangeOptions, Http1Connection } from '../http1/connection.ts'
import { type Field, fieldValues } from '../http1/field.ts'
import type { Http1Pool } from '../http1/pool.ts'
import { type WrittenRequest, writtenRequest } from '../http1/request-head.ts'
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
  /** It may be sent twice whatever its method, since the server can tell: its connection is kept. */
  readonly mayRepeat?: true
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
  /** How requests are sent by the way by which they went last: those of a patrol are the same for ever. */
  readonly #written = new WeakMap<HttpRequest, Written>()
  readonly #keys = new WeakMap<Route, string>()

  constructor(options: HttpClientOptions) {
    this.#options = options
  }

  /** @throws NetError; the signal's reason when it aborts */
  ask(route: Route, request: HttpRequest, options: ExchangeOptions): Promise<Answer> {
    const { pool } = this.#options
    return pool !== undefined && (idempotent.test(request.method) || request.mayRepeat) && !route.http2
      ? this.#askKept(pool, { route, request, options, key: this.#keyOf(route) })
      : this.#askAnew({ route, request, options, key: '' })
  }

  async #askKept(pool: Http1Pool, asked: Asked): Promise<Answer> {
    const { key } = asked
    const kept = pool.take(key)
    if (kept === undefined) return this.#askAnew(asked)
    const { progress } = asked.options
    progress.address = kept.address
    progress.tls = kept.tls
    try {
      const answer = await kept.connection.exchange(this.#requestOf(asked), asked.options)
      pool.give(key, kept)
      return answer
    } catch (error) {
      // The server may have closed it at the very moment: nothing was answered, so it is asked once more.
      if (!(error instanceof NetError) || error.reason !== 'reset' || kept.connection.answered) throw error
      return this.#askAnew(asked)
    }
  }

  async #askAnew(asked: Asked): Promise<Answer> {
    const { route, request, options, key } = asked
    const { clock, pool, tls } = this.#options
    const { signal, progress } = options
    // What can not be sent opens no connection.
    const written = this.#requestOf(asked)
    const open = await openStream(route, { signal, progress, clock, ...(tls && { tls }) })
    if (open.tls?.alpn === 'h2' || (route.http2 && route.tls === undefined)) {
      return exchangeHttp2(open.stream, request, { ...options, clock })
    }
    if (route.http2) {
      open.stream.destroy()
      throw new NetError('protocol', 'the server does not speak HTTP/2', { phase: 'tls' })
    }
    const connection = new Http1Connection(open.stream, clock)
    const answer = await connection.exchange(written, options)
    if (!connection.isOpen) return answer
    if (key === '') connection.close()
    else pool?.give(key, { connection, address: open.address, tls: open.tls })
    return answer
  }

  #keyOf(route: Route): string {
    const known = this.#keys.get(route)
    if (known !== undefined) return known
    const key = routeKey(route)
    this.#keys.set(route, key)
    return key
  }

  #requestOf({ route, request, key }: Asked): WrittenRequest {
    const keep = key !== ''
    const known = this.#written.get(request)
    if (known?.route === route && known.keep === keep) return known.written
    const written = writtenRequest(http1Request(route, request, keep))
    this.#written.set(request, { route, keep, written })
    return written
  }
}

interface Written {
  readonly route: Route
  readonly keep: boolean
  readonly written: WrittenRequest
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

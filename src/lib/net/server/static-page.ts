import { gzipSync } from 'node:zlib'
import { sha256 } from '../../core/sha256.ts'
import { acceptsGzip } from './accepts.ts'
import type { Handler } from './server-request.ts'
import type { ResponseHeaders } from './server-response.ts'

interface StaticPage {
  readonly body: string | Uint8Array
  /** `text/html; charset=utf-8`. */
  readonly type: string
  /** Among them the content-security-policy of the page, which else may do nothing. */
  readonly headers?: ResponseHeaders
}

/** Answers with what never changes while we run: compressed once, and not at all to those who have it. */
export function staticPage({ body, type, headers }: StaticPage): Handler {
  const plain = Buffer.from(body)
  const etag = `W/"${sha256().update(plain).digest('hex').slice(0, 32)}"`
  const head = { 'content-type': type, 'cache-control': 'no-cache', vary: 'accept-encoding', etag, ...headers }
  let packed: Buffer | undefined
  return async request => {
    if (!acceptsGzip(request.headers['accept-encoding'])) return { headers: head, body: plain }
    packed ??= gzipSync(plain, { level: 9 })
    return { headers: { ...head, 'content-encoding': 'gzip' }, body: packed }
  }
}

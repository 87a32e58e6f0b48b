import { promisify } from 'node:util'
import { gzip, zstdCompress } from 'node:zlib'
import { masked } from '../../../core/masked.ts'
import { isSecret } from '../../../core/secret-field.ts'
import type { Receipt, SinkPlace } from '../../../core/sink.ts'
import { HttpClient } from '../../../net/http/client.ts'
import { RequestSecrets } from '../../../net/http/request-secrets.ts'
import { retryAfterMs } from '../../../net/http/retry-after.ts'
import { serverRoute } from '../../../net/http/server-route.ts'
import type { Answer } from '../../../net/http1/connection.ts'
import type { Field } from '../../../net/http1/field.ts'
import { Http1Pool } from '../../../net/http1/pool.ts'
import { Progress } from '../../../net/progress.ts'
import { TlsContexts } from '../../../net/tls/tls-contexts.ts'
import type { OverHttpParams } from './over-http-params.ts'

export interface Sending {
  readonly url: URL
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly type: string
  readonly body: Uint8Array
  /** The same for every attempt. */
  readonly key?: string
  readonly headers?: readonly Field[]
  /** Of an answer so much is kept; 64 KiB when absent. */
  readonly holdBytes?: number
}

/** An answer, or why there is none: then it is worth another try. */
export type Answered = { readonly answer: Answer; readonly body: string } | { readonly later: string }

const usualHold = 64 * 1024
const maxAnswerBytes = 64 * 1024 * 1024
const maxTold = 300
const squeezed = { gzip: promisify(gzip), zstd: promisify(zstdCompress) }

const pool = (): Http1Pool => new Http1Pool({ maxIdle: 64 })
const tlsContexts = (): TlsContexts => new TlsContexts()

/** Sends the requests of one sink over connections that are kept, and tells nothing secret of what came of them. */
export class Sender {
  readonly #place: SinkPlace
  readonly #params: OverHttpParams
  readonly #client: HttpClient

  constructor(place: SinkPlace, params: OverHttpParams) {
    const { clock, shared } = place
    this.#place = place
    this.#params = params
    this.#client = new HttpClient({ clock, pool: shared.of(pool), tls: { contexts: shared.of(tlsContexts) } })
  }

  async send(sending: Sending, signal: AbortSignal): Promise<Answered> {
    const { url, method = 'POST', type, body, key, headers = [], holdBytes = usualHold } = sending
    const { clock } = this.#place
    const secrets = new RequestSecrets(this.#place)
    try {
      const fields: Field[] = [['content-type', type], ['user-agent', 'opsctl'], ...headers, ...(await this.#own(secrets))]
      if (key !== undefined) fields.push(['idempotency-key', key])
      const { compression } = this.#params
      if (compression !== 'none') fields.push(['content-encoding', compression])
      const sent = compression === 'none' ? body : await squeezed[compression](body)
      const request = { url, method, headers: fields, body: sent, mayRepeat: true } as const
      const route = await serverRoute(url, { clock, tls: this.#params })
      const limits = { hold: holdBytes, read: maxAnswerBytes }
      const answer = await this.#client.ask(route, request, { signal, progress: new Progress(), limits })
      return { answer, body: masked(answer.body.toString('utf8'), secrets.values) }
    } catch (error) {
      const cause: unknown = signal.aborted ? signal.reason : error
      return { later: masked(`${url.host}: ${cause instanceof Error ? cause.message : String(cause)}`, secrets.values) }
    }
  }

  async #own(secrets: RequestSecrets): Promise<Field[]> {
    const { headers, bearer, basic } = this.#params
    const fields: Field[] = []
    for (const [name, value] of Object.entries(headers)) fields.push([name, isSecret(value) ? await secrets.read(value) : value])
    if (bearer) fields.push(['authorization', `Bearer ${await secrets.read(bearer)}`])
    if (basic) {
      const login = Buffer.from(`${basic.user}:${await secrets.read(basic.password)}`).toString('base64')
      fields.push(['authorization', `Basic ${login}`])
    }
    return fields
  }
}

/** Statuses that say something of what was sent; all others that are no success (415: a compression that is not taken) may be mended, and are for later. */
const ofContent = [400, 422]

/** What an answer says of all that was sent, by its status alone: see Receipt. Undefined for a success. */
export function receiptOf({ answer, body }: Extract<Answered, { answer: Answer }>, now: number): Receipt | undefined {
  const { status } = answer
  if (status >= 200 && status <= 299) return undefined
  const said = body.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim()
  const message = `answered ${status}${said === '' ? '' : `: ${said.length > maxTold ? `${said.slice(0, maxTold)}…` : said}`}`
  if (status === 413) return { result: 'too-large', message }
  if (ofContent.includes(status)) return { result: 'refused', message }
  const afterMs = retryAfterMs(answer, now)
  return { result: 'later', message, ...(afterMs !== undefined && { afterMs }) }
}

import { createHash } from 'node:crypto'
import { AwsClient } from 'aws4fetch'
import type { SecretReference } from '../../../core/check.ts'
import type { Receipt, SinkPlace } from '../../../core/sink.ts'
import type { TlsParams } from '../../../net/http/request-params.ts'
import { RequestSecrets } from '../../../net/http/request-secrets.ts'
import { fieldValues } from '../../../net/http1/field.ts'
import { receiptOf, Sender } from '../over-http/sender.ts'

interface S3Wishes extends TlsParams {
  readonly endpoint: URL
  readonly bucket: string
  readonly region: string
  readonly style: 'path' | 'host'
  readonly access_key: SecretReference
  readonly secret_key: SecretReference
  readonly session_token?: SecretReference | undefined
}

export interface S3Request {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE'
  /** Of the object; absent: of the bucket. */
  readonly name?: string
  readonly query?: Readonly<Record<string, string>>
  readonly type?: string
  readonly body?: Uint8Array
  /** Only such as begin with `x-amz-`: they are signed. */
  readonly headers?: Readonly<Record<string, string>>
}

export interface S3Answer {
  readonly body: string
  /** Undefined where it is not told. */
  readonly etag: string | undefined
}

/** Something was not done. Never what stands in the records is to blame: they are to come again. */
export class S3Problem extends Error {
  override readonly name = 'S3Problem'
  readonly receipt: Receipt

  constructor(receipt: Exclude<Receipt, { result: 'delivered' }>) {
    super(receipt.message)
    this.receipt = receipt.result === 'refused' ? { result: 'later', message: receipt.message } : receipt
  }
}

const nothing = new Uint8Array()

/** Signed requests to one bucket. */
export class S3Requests {
  readonly #place: SinkPlace
  readonly #wishes: S3Wishes
  readonly #sender: Sender

  constructor(place: SinkPlace, wishes: S3Wishes) {
    const { server_name, ca, cert, key } = wishes
    const tls = { server_name, ca, cert, key }
    this.#place = place
    this.#wishes = wishes
    this.#sender = new Sender(place, { ...tls, headers: {}, bearer: undefined, basic: undefined, compression: 'none' })
  }

  /** @throws S3Problem for every answer that is no success, and for none */
  async ask(request: S3Request, signal: AbortSignal): Promise<S3Answer> {
    const { method, type = 'application/xml', body = nothing } = request
    const url = this.#urlOf(request)
    const headers = await this.#signed(url, request)
    const answered = await this.#sender.send({ url, method, type, body, headers, holdBytes: maxAnswerBytes }, signal)
    if ('later' in answered) throw new S3Problem({ result: 'later', message: answered.later })
    const receipt = receiptOf(answered, this.#place.clock.now())
    if (receipt && receipt.result !== 'delivered') throw new S3Problem(receipt)
    return { body: answered.body, etag: fieldValues(answered.answer.headers, 'etag')[0] }
  }

  #urlOf({ name = '', query = {} }: S3Request): URL {
    const { endpoint, bucket, style } = this.#wishes
    const path = name.split('/').map(encodeURIComponent).join('/')
    const url = new URL(style === 'path' ? `/${bucket}${name === '' ? '' : `/${path}`}` : `/${path}`, endpoint)
    if (style === 'host') url.hostname = `${bucket}.${url.hostname}`
    const search = Object.entries(query).map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`)
    url.search = search.join('&')
    return url
  }

  /** Signature Version 4, over the digest of the body, which the server checks. */
  async #signed(url: URL, { method, body = nothing, headers = {} }: S3Request): Promise<[string, string][]> {
    const secrets = new RequestSecrets(this.#place)
    const { access_key, secret_key, session_token, region } = this.#wishes
    const client = new AwsClient({
      accessKeyId: await secrets.read(access_key),
      secretAccessKey: await secrets.read(secret_key),
      ...(session_token && { sessionToken: await secrets.read(session_token) }),
      service: 's3',
      region,
    })
    const digest = createHash('sha256').update(body).digest('hex')
    const signed = await client.sign(url.href, { method, headers: { 'x-amz-content-sha256': digest, ...headers } })
    return [...signed.headers].filter(([name]) => name === 'authorization' || name.startsWith('x-amz-'))
  }
}

/** A list of a thousand uploads has less. */
const maxAnswerBytes = 2 * 1024 * 1024

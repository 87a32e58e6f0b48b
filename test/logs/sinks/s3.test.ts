import { describe, expect, test } from 'bun:test'
import { createHash, createHmac } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import type { SecretReference } from '../../../src/lib/core/check.ts'
import { type Answering, type Delivered, LogServer } from './log-server.ts'
import { never, openSink, parcelOf, secret } from './opened.ts'

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()
const sha256 = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** The signature that a request ought to have, by https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html */
function signatureOf({ method, path, headers }: Delivered): string {
  const [, credential = '', signed = ''] =
    /Credential=([^,]+), ?SignedHeaders=([^,]+)/.exec(String(headers['authorization'])) ?? []
  const [, date = '', region = '', service = ''] = credential.split('/')
  const canonical = [
    method,
    path,
    '',
    ...signed.split(';').map(name => `${name}:${headers[name]}`),
    '',
    signed,
    headers['x-amz-content-sha256'],
  ].join('\n')
  const toSign = ['AWS4-HMAC-SHA256', headers['x-amz-date'], `${date}/${region}/${service}/aws4_request`, sha256(canonical)].join(
    '\n',
  )
  const key = hmac(hmac(hmac(hmac(`AWS4${secret}`, date), region), service), 'aws4_request')
  return hmac(key, toSign).toString('hex')
}

/** Takes objects whose signature and digest are right. */
const s3 =
  (objects: Map<string, Buffer>): Answering =>
  (request, response) => {
    const [, signature] = /Signature=([0-9a-f]+)/.exec(String(request.headers['authorization'])) ?? []
    if (request.headers['x-amz-content-sha256'] !== sha256(request.body))
      return void response.writeHead(400).end('XAmzContentSHA256Mismatch')
    if (signature !== signatureOf(request)) return void response.writeHead(403).end('SignatureDoesNotMatch')
    objects.set(request.path, request.body)
    response.writeHead(200).end()
  }

/** The key's id is no secret, and has no slash. */
const place = {
  secret: async (reference: SecretReference) => ('env' in reference && reference.env === 'ID' ? 'AKIAEXAMPLE' : secret),
}

const params = (endpoint: string, more = {}) => ({
  endpoint,
  bucket: 'shop-logs',
  access_key: { env: 'ID' },
  secret_key: { env: 'KEY' },
  ...more,
})

describe('the sink s3', () => {
  test('puts signed objects under a name of their own, which replace themselves when they are sent again', async () => {
    const objects = new Map<string, Buffer>()
    await using server = await LogServer.start(s3(objects))
    await using sink = await openSink('s3', params(server.url, { prefix: 'a b/%Y/', region: 'eu-central-1' }), place)
    const parcels = [parcelOf([{ message: 'ü' }]), parcelOf([{ n: 1 }, { n: 2 }])]
    expect(await sink.send(parcels, never)).toEqual({ result: 'delivered' })
    expect(await sink.send(parcels, never)).toEqual({ result: 'delivered' })
    const [[path = '', body = Buffer.alloc(0)] = []] = [...objects]
    expect(objects.size).toBe(1)
    expect(path).toMatch(/^\/shop-logs\/a%20b\/\d{4}\/[0-9a-f]{32}\.ndjson\.gz$/)
    expect(gunzipSync(body).toString()).toBe('{"message":"ü"}\n{"n":1}\n{"n":2}\n')
  })

  test('asks for encryption within the signature', async () => {
    await using server = await LogServer.start(s3(new Map()))
    await using sink = await openSink(
      's3',
      params(server.url, { encryption: 'aws:kms', kms_key: 'key-1', session_token: { env: 'T' } }),
      place,
    )
    expect(await sink.send([parcelOf([{}])], never)).toEqual({ result: 'delivered' })
    expect(server.all[0]?.headers).toMatchObject({
      'x-amz-server-side-encryption': 'aws:kms',
      'x-amz-server-side-encryption-aws-kms-key-id': 'key-1',
      'x-amz-security-token': secret,
    })
  })

  test.each([400, 403, 404, 409, 500, 503])('waits behind %d: no record is to blame', async status => {
    await using server = await LogServer.start((_, response) => void response.writeHead(status).end('<Code>SlowDown</Code>'))
    await using sink = await openSink('s3', params(server.url))
    expect((await sink.send([parcelOf([{}])], never)).result).toBe('later')
  })
})

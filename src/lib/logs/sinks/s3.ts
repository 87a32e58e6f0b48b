import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gzip, zstdCompress } from 'node:zlib'
import { AwsClient } from 'aws4fetch'
import { z } from 'zod'
import { defineSink } from '../../core/component.ts'
import { jsonSchemaOf } from '../../core/json-schema.ts'
import { parseParams } from '../../core/params.ts'
import { secretField } from '../../core/secret-field.ts'
import type { OpenSink, Parcel, SinkPlace } from '../../core/sink.ts'
import { tlsParams, urlField } from '../../net/http/request-params.ts'
import { RequestSecrets } from '../../net/http/request-secrets.ts'
import { batchParams } from './over-http/over-http-params.ts'
import { receiptOf, Sender } from './over-http/sender.ts'

const params = z.strictObject({
  endpoint: urlField().describe('https://s3.eu-central-1.amazonaws.com, or that of MinIO, Ceph, R2 and others'),
  bucket: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'the name of a bucket has 3 to 63 small letters, digits, dots and dashes'),
  region: z.string().min(1).default('us-east-1').describe('for the signature'),
  prefix: z
    .string()
    .min(1)
    .default('%Y/%m/%d/')
    .describe('what the names of objects begin with; %Y, %m, %d and %H are of the time of sending, in UTC'),
  style: z.enum(['path', 'host']).default('path').describe('whether the bucket is in the path or in front of the host'),
  access_key: secretField().describe('as { file: … } or { env: … }'),
  secret_key: secretField().describe('as { file: … } or { env: … }'),
  session_token: secretField().optional().describe('as { file: … } or { env: … }'),
  compression: z.enum(['none', 'gzip', 'zstd']).default('gzip').describe('of the objects'),
  encryption: z.enum(['AES256', 'aws:kms']).optional().describe('x-amz-server-side-encryption'),
  kms_key: z.string().min(1).optional().describe('id of the key, with aws:kms'),
  ...tlsParams,
  ...batchParams({ bytes: '8MiB', records: 1_000_000 }),
})
type Params = z.output<typeof params>

export default defineSink({
  type: 's3',
  version: '1.0.0',
  summary: 'objects of JSON lines in S3, or what speaks its protocol',
  stability: 'experimental',
  schema: jsonSchemaOf(params),
  example: {
    endpoint: 'https://s3.eu-central-1.amazonaws.com',
    bucket: 'shop-logs',
    region: 'eu-central-1',
    access_key: { env: 'AWS_ACCESS_KEY_ID' },
    secret_key: { env: 'AWS_SECRET_ACCESS_KEY' },
  },
  build(config) {
    const parsed = parseParams(params, config)
    return {
      title: `s3://${parsed.bucket} at ${parsed.endpoint.host}`,
      limits: { bytes: parsed.batch_bytes, records: parsed.batch_records, underWay: 1 },
      open: async place => openS3(place, parsed),
    }
  },
})

const squeezed = { gzip: promisify(gzip), zstd: promisify(zstdCompress) }
const endings = { none: '', gzip: '.gz', zstd: '.zst' }

function openS3(place: SinkPlace, params: Params): OpenSink {
  const { compression, server_name, ca, cert, key } = params
  const tls = { server_name, ca, cert, key }
  const sender = new Sender(place, { ...tls, headers: {}, bearer: undefined, basic: undefined, compression: 'none' })
  return {
    async send(parcels, signal) {
      const lines = Buffer.concat(parcels.map(({ records }) => records))
      const body = compression === 'none' ? lines : await squeezed[compression](lines)
      const url = objectUrl(params, nameOf(parcels, { params, now: place.clock.now() }))
      const signed = await signedHeaders({ place, params, url, body })
      const answered = await sender.send({ url, method: 'PUT', type: 'application/x-ndjson', body, headers: signed }, signal)
      if ('later' in answered) return { result: 'later', message: answered.later }
      const receipt = receiptOf(answered, place.clock.now())
      // What is refused of an object is never what stands in the records.
      if (receipt?.result === 'refused') return { result: 'later', message: receipt.message }
      return receipt ?? { result: 'delivered' }
    },
    [Symbol.asyncDispose]: async () => {},
  }
}

function objectUrl({ endpoint, bucket, style }: Params, name: string): URL {
  const path = name.split('/').map(encodeURIComponent).join('/')
  if (style === 'path') return new URL(`/${bucket}/${path}`, endpoint)
  const url = new URL(`/${path}`, endpoint)
  url.hostname = `${bucket}.${url.hostname}`
  return url
}

/** Of the same parcels on the same day the same, so that an object that is sent again replaces itself. */
function nameOf(parcels: readonly Parcel[], { params, now }: { readonly params: Params; readonly now: number }): string {
  const [date = '', time = ''] = new Date(now).toISOString().split('T')
  const [year = '', month = '', day = ''] = date.split('-')
  const prefix = params.prefix
    .replaceAll('%Y', year)
    .replaceAll('%m', month)
    .replaceAll('%d', day)
    .replaceAll('%H', time.slice(0, 2))
  const name = createHash('sha256')
    .update(parcels.map(({ id }) => id).join('\n'))
    .digest('hex')
  return `${prefix}${name.slice(0, 32)}.ndjson${endings[params.compression]}`
}

interface Signing {
  readonly place: SinkPlace
  readonly params: Params
  readonly url: URL
  readonly body: Uint8Array
}

/** Signature Version 4, over the digest of the body, which the server checks. */
async function signedHeaders({ place, params, url, body }: Signing): Promise<[string, string][]> {
  const secrets = new RequestSecrets(place)
  const { access_key, secret_key, session_token, region, encryption, kms_key } = params
  const client = new AwsClient({
    accessKeyId: await secrets.read(access_key),
    secretAccessKey: await secrets.read(secret_key),
    ...(session_token && { sessionToken: await secrets.read(session_token) }),
    service: 's3',
    region,
  })
  const signed = await client.sign(url.href, {
    method: 'PUT',
    headers: {
      'x-amz-content-sha256': createHash('sha256').update(body).digest('hex'),
      ...(encryption && { 'x-amz-server-side-encryption': encryption }),
      ...(kms_key !== undefined && { 'x-amz-server-side-encryption-aws-kms-key-id': kms_key }),
    },
  })
  return [...signed.headers].filter(([name]) => name === 'authorization' || name.startsWith('x-amz-'))
}

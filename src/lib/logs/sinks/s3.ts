import { promisify } from 'node:util'
import { gzip, zstdCompress } from 'node:zlib'
import { z } from 'zod'
import { defineSink } from '../../core/component.ts'
import { sizeField } from '../../core/fields.ts'
import { jsonSchemaOf } from '../../core/json-schema.ts'
import { parseParams } from '../../core/params.ts'
import { secretField } from '../../core/secret-field.ts'
import type { OpenSink, SinkPlace } from '../../core/sink.ts'
import { tlsParams, urlField } from '../../net/http/request-params.ts'
import { batchParams } from './over-http/over-http-params.ts'
import { MultipartUploads } from './s3/multipart-uploads.ts'
import { objectName } from './s3/object-name.ts'
import { S3Problem, S3Requests } from './s3/s3-requests.ts'

const leastPart = 5 * 1024 * 1024

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
  part_bytes: sizeField()
    .refine(bytes => bytes >= leastPart, 'is less than the 5MiB that S3 takes')
    .prefault('8MiB')
    .describe('objects of more bytes than this are sent in parts of so many'),
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
      // What came while one object was sent is the next one.
      limits: {
        bytes: parsed.batch_bytes,
        records: parsed.batch_records,
        underWay: 1,
        held: parsed.batch_bytes + 1024 * 1024,
      },
      open: async place => openS3(place, parsed),
    }
  },
})

const squeezed = { gzip: promisify(gzip), zstd: promisify(zstdCompress) }

function openS3(place: SinkPlace, params: Params): OpenSink {
  const { compression, encryption, kms_key, part_bytes: partBytes } = params
  const requests = new S3Requests(place, params)
  const uploads = new MultipartUploads({ place, requests, prefix: params.prefix.split('%')[0] ?? '' })
  const type = 'application/x-ndjson'
  const headers = {
    ...(encryption && { 'x-amz-server-side-encryption': encryption }),
    ...(kms_key !== undefined && { 'x-amz-server-side-encryption-aws-kms-key-id': kms_key }),
  }
  return {
    async send(parcels, signal) {
      const lines = Buffer.concat(parcels.map(({ records }) => records))
      const body = compression === 'none' ? lines : await squeezed[compression](lines)
      const name = objectName(parcels, { prefix: params.prefix, compression, now: place.clock.now() })
      try {
        if (body.length > partBytes) await uploads.upload(body, { name, type, headers, partBytes, signal })
        else await requests.ask({ method: 'PUT', name, type, body, headers }, signal)
        return { result: 'delivered' }
      } catch (error) {
        if (error instanceof S3Problem) return error.receipt
        throw error
      }
    },
    [Symbol.asyncDispose]: async () => {},
  }
}

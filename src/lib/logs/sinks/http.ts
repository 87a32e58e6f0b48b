import { createHash } from 'node:crypto'
import { z } from 'zod'
import { defineSink } from '../../core/component.ts'
import { jsonSchemaOf } from '../../core/json-schema.ts'
import { ParamsError, parseParams } from '../../core/params.ts'
import type { OpenSink, Parcel, SinkPlace } from '../../core/sink.ts'
import { urlField } from '../../net/http/request-params.ts'
import { encoderOf, encodingField } from './encoded/record-encoding.ts'
import { batchParams, overHttpParams } from './over-http/over-http-params.ts'
import { receiptOf, Sender } from './over-http/sender.ts'

const params = z.strictObject({
  url: urlField().describe('where to POST'),
  body: z.enum(['lines', 'array']).default('lines').describe('JSON lines (application/x-ndjson), or one JSON array'),
  encoding: encodingField(),
  ...overHttpParams,
  ...batchParams({ bytes: '1MiB', records: 100_000 }),
})
type Params = z.output<typeof params>

export default defineSink({
  type: 'http',
  version: '1.0.0',
  summary: 'POST of JSON lines, or of a JSON array',
  stability: 'beta',
  schema: jsonSchemaOf(params),
  example: { url: 'https://logs.example.com/ingest', bearer: { file: '/etc/opsctl/token' }, compression: 'gzip' },
  build(config) {
    const parsed = parseParams(params, config)
    if (parsed.encoding === 'protobuf' && parsed.body === 'array')
      throw new ParamsError('body: array is for JSON: messages of protobuf stand one behind the other', { path: ['body'] })
    return {
      title: `${parsed.url.protocol}//${parsed.url.host}`,
      limits: { bytes: parsed.batch_bytes, records: parsed.batch_records, underWay: 1 },
      open: place => openHttp(place, parsed),
    }
  },
})

async function openHttp(place: SinkPlace, params: Params): Promise<OpenSink> {
  const encoder = await encoderOf(params.encoding)
  const sender = new Sender(place, params)
  const type = params.encoding === 'protobuf' ? delimited : params.body === 'lines' ? 'application/x-ndjson' : 'application/json'
  return {
    async send(parcels, signal) {
      const body = params.body === 'lines' ? joined(parcels.map(encoder.parcel)) : arrayOf(parcels)
      const answered = await sender.send({ url: params.url, type, body, key: keyOf(parcels) }, signal)
      if ('later' in answered) return { result: 'later', message: answered.later }
      return receiptOf(answered, place.clock.now()) ?? { result: 'delivered' }
    },
    [Symbol.asyncDispose]: async () => {},
  }
}

/** The same for the same parcels, and for no others: two sends that begin alike are not the same. */
const keyOf = (parcels: readonly Parcel[]): string =>
  createHash('sha256')
    .update(parcels.map(({ id }) => id).join('\n'))
    .digest('hex')

/** Each message behind its length as a varint; the words are those of Prometheus for the same. */
const delimited = 'application/vnd.google.protobuf; proto=opsctl.logs.v1.Record; encoding=delimited'

const joined = (parts: readonly Uint8Array[]): Uint8Array => {
  const [only, ...others] = parts
  return only && others.length === 0 ? only : Buffer.concat(parts)
}

const newline = 10
const comma = 44

/** Lines with commas instead of their ends, within brackets: a newline within a record is written as two characters. */
function arrayOf(parcels: readonly Parcel[]): Uint8Array {
  const lines = joined(parcels.map(({ records }) => records))
  const array = Buffer.alloc(lines.length + 1)
  array[0] = 0x5b
  array.set(lines, 1)
  for (let at = array.indexOf(newline); at !== -1; at = array.indexOf(newline, at + 1)) array[at] = comma
  array[array.length - 1] = 0x5d
  return array
}

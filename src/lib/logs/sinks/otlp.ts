import { z } from 'zod'
import { defineSink } from '../../core/component.ts'
import type { Json } from '../../core/json.ts'
import { jsonSchemaOf } from '../../core/json-schema.ts'
import { parseParams } from '../../core/params.ts'
import type { OpenSink, Parcel, SinkPlace } from '../../core/sink.ts'
import { urlField } from '../../net/http/request-params.ts'
import { otlpJson } from './over-http/otlp-json.ts'
import { otlpProtobuf } from './over-http/otlp-protobuf.ts'
import { otlpRecord } from './over-http/otlp-record.ts'
import { batchParams, overHttpParams } from './over-http/over-http-params.ts'
import { recordLines } from './over-http/record-lines.ts'
import { RecordTimes } from './over-http/record-time.ts'
import { receiptOf, Sender } from './over-http/sender.ts'

const params = z.strictObject({
  url: urlField().describe('of a collector, such as http://otel:4318; with a path it is taken as it is'),
  encoding: z.enum(['protobuf', 'json']).default('protobuf').describe('of the request'),
  resource: z
    .record(z.string().min(1), z.string())
    .default({ 'service.name': 'opsctl' })
    .describe('attributes of what the records are about'),
  ...overHttpParams,
  ...batchParams({ bytes: '1MiB', records: 5000 }),
})
type Params = z.output<typeof params>

export default defineSink({
  type: 'otlp',
  version: '1.0.0',
  summary: 'OpenTelemetry logs over OTLP/HTTP',
  stability: 'experimental',
  schema: jsonSchemaOf(params),
  example: { url: 'http://otel.example.com:4318', resource: { 'service.name': 'shop' }, compression: 'gzip' },
  build(config) {
    const parsed = parseParams(params, config)
    return {
      title: `OTLP at ${parsed.url.host}`,
      limits: { bytes: parsed.batch_bytes, records: parsed.batch_records, underWay: 1 },
      open: async place => openOtlp(place, parsed),
    }
  },
})

function openOtlp(place: SinkPlace, params: Params): OpenSink {
  const sender = new Sender(place, params)
  const url = params.url.pathname === '/' ? new URL('/v1/logs', params.url) : params.url
  const isJson = params.encoding === 'json'
  const type = isJson ? 'application/json' : 'application/x-protobuf'
  return {
    async send(parcels, signal) {
      const records = recordsOf(parcels, place.clock.now())
      const body = isJson ? otlpJson(records, params.resource) : otlpProtobuf(records, params.resource)
      const answered = await sender.send({ url, type, body }, signal)
      if ('later' in answered) return { result: 'later', message: answered.later }
      const receipt = receiptOf(answered, place.clock.now())
      if (receipt) return receipt
      tellRejected(place, isJson ? answered.body : '')
      return { result: 'delivered' }
    },
    [Symbol.asyncDispose]: async () => {},
  }
}

function recordsOf(parcels: readonly Parcel[], now: number) {
  const times = new RecordTimes(now)
  return [...recordLines(parcels)].map(line => otlpRecord(line, { times, observed: now }))
}

const answerSchema = z.object({
  partialSuccess: z.object({ rejectedLogRecords: z.coerce.number().default(0), errorMessage: z.string().default('') }).optional(),
})

/** Which records were rejected the protocol does not tell, and forbids to send them again: only how many. */
function tellRejected({ log, name }: SinkPlace, body: string): void {
  const { partialSuccess } = answerSchema.safeParse(parsed(body)).data ?? {}
  if (!partialSuccess || partialSuccess.rejectedLogRecords === 0) return
  const { rejectedLogRecords: count, errorMessage: problem } = partialSuccess
  log('error', 'the collector rejected records for good, without saying which', { sink: name, count, problem })
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

import { z } from 'zod'
import { defineSink } from '../../core/component.ts'
import type { Json } from '../../core/json.ts'
import { jsonSchemaOf } from '../../core/json-schema.ts'
import { parseParams } from '../../core/params.ts'
import type { OpenSink, Parcel, Receipt, SinkPlace } from '../../core/sink.ts'
import { urlField } from '../../net/http/request-params.ts'
import { batchParams, overHttpParams } from './over-http/over-http-params.ts'
import { countOf, recordLines } from './over-http/record-lines.ts'
import { RecordTimes } from './over-http/record-time.ts'
import { receiptOf, Sender } from './over-http/sender.ts'

const label = z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, 'a label has letters, digits and _ only')
const params = z.strictObject({
  url: urlField().describe('of Loki, such as http://loki:3100; with a path it is taken as it is'),
  labels: z
    .record(label, z.union([z.string().min(1), z.strictObject({ field: z.string().min(1) })]))
    .refine(labels => Object.keys(labels).length > 0, 'Loki wants at least one label')
    .describe('texts, or { field: name } for what a record says; few different values, since each makes a stream'),
  tenant: z.string().min(1).optional().describe('X-Scope-OrgID'),
  line: z
    .string()
    .min(1)
    .optional()
    .describe('the field that is the line; the whole record as JSON when absent, or where a record has none'),
  metadata: z
    .array(z.string().min(1))
    .default(['trace_id', 'span_id', 'request_id'])
    .describe('fields that are structured metadata of their line'),
  ...overHttpParams,
  ...batchParams({ bytes: '1MiB', records: 10_000 }),
})
type Params = z.output<typeof params>

export default defineSink({
  type: 'loki',
  version: '1.0.0',
  summary: 'push to Grafana Loki',
  stability: 'experimental',
  schema: jsonSchemaOf(params),
  example: { url: 'http://loki.example.com:3100', labels: { job: 'shop', host: { field: 'host' } }, compression: 'gzip' },
  build(config) {
    const parsed = parseParams(params, config)
    return {
      title: `Loki at ${parsed.url.host}`,
      limits: { bytes: parsed.batch_bytes, records: parsed.batch_records, underWay: 1 },
      open: async place => openLoki(place, parsed),
    }
  },
})

const textOf = (value: Json | undefined): string =>
  typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value)

function openLoki(place: SinkPlace, params: Params): OpenSink {
  const sender = new Sender(place, params)
  const url = params.url.pathname === '/' ? new URL('/loki/api/v1/push', params.url) : params.url
  return {
    async send(parcels, signal) {
      const body = Buffer.from(JSON.stringify({ streams: streamsOf(parcels, { params, now: place.clock.now() }) }))
      const headers = params.tenant === undefined ? [] : ([['x-scope-orgid', params.tenant]] as const)
      const answered = await sender.send({ url, type: 'application/json', body, headers }, signal)
      if ('later' in answered) return { result: 'later', message: answered.later }
      const receipt = receiptOf(answered, place.clock.now())
      return receipt ? partedWhere(receipt, parcels) : { result: 'delivered' }
    },
    [Symbol.asyncDispose]: async () => {},
  }
}

/**
 * Of a batch of which one entry is too old Loki takes the others and answers 400, so the one is found by parting: what is sent twice has the
 * same labels, time and line, and is one entry there.
 */
const partedWhere = (receipt: Receipt, parcels: readonly Parcel[]): Receipt =>
  receipt.result === 'refused' && countOf(parcels) > 1 ? { result: 'too-large', message: receipt.message } : receipt

/** https://grafana.com/docs/loki/latest/reference/loki-http-api/#ingest-logs */
function streamsOf(parcels: readonly Parcel[], { params, now }: { readonly params: Params; readonly now: number }): Json {
  const times = new RecordTimes(now)
  const streams = new Map<string, { stream: Record<string, string>; values: Json[] }>()
  for (const { text, value } of recordLines(parcels)) {
    const stream: Record<string, string> = {}
    for (const [name, from] of Object.entries(params.labels)) {
      const said = typeof from === 'string' ? from : textOf(value[from.field])
      // Loki refuses what has no value.
      if (said !== '') stream[name] = said
    }
    const metadata = Object.fromEntries(
      params.metadata.flatMap(name => (value[name] === undefined || value[name] === null ? [] : [[name, textOf(value[name])]])),
    )
    const own = params.line === undefined ? undefined : value[params.line]
    const line = own === undefined ? text : textOf(own)
    const key = JSON.stringify(stream)
    const found = streams.get(key) ?? { stream, values: [] }
    streams.set(key, found)
    const entry = [times.of(value['time']).toString(), line]
    found.values.push(Object.keys(metadata).length > 0 ? [...entry, metadata] : entry)
  }
  return [...streams.values()]
}

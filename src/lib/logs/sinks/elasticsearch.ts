import { z } from 'zod'
import { defineSink } from '../../core/component.ts'
import type { Json } from '../../core/json.ts'
import { jsonSchemaOf } from '../../core/json-schema.ts'
import { parseParams } from '../../core/params.ts'
import { secretField } from '../../core/secret-field.ts'
import {
  type OpenSink,
  type Parcel,
  type Receipt,
  type RecordPlace,
  type RefusedRecord,
  recordName,
  type SinkPlace,
} from '../../core/sink.ts'
import { urlField } from '../../net/http/request-params.ts'
import { RequestSecrets } from '../../net/http/request-secrets.ts'
import type { Field } from '../../net/http1/field.ts'
import { batchParams, overHttpParams } from './over-http/over-http-params.ts'
import { type RecordLine, recordLines } from './over-http/record-lines.ts'
import { RecordTimes } from './over-http/record-time.ts'
import { receiptOf, Sender } from './over-http/sender.ts'

const params = z.strictObject({
  url: urlField().describe('of Elasticsearch or OpenSearch, such as https://es:9200'),
  index: z
    .string()
    .regex(
      /^[^A-Z\\/*?"<>| ,#:_+-][^A-Z\\/*?"<>| ,#:]*(?:%[Ymd][^A-Z\\/*?"<>| ,#:]*)*$/,
      'an index is in small letters, without spaces and /*?"<>|,#:',
    )
    .describe('index or data stream; %Y, %m and %d are of the time of each record, in UTC'),
  operation: z
    .enum(['create', 'index'])
    .default('create')
    .describe('create, also for data streams: a record that is there already stays'),
  pipeline: z.string().min(1).optional().describe('ingest pipeline'),
  api_key: secretField().optional().describe('as { file: … } or { env: … }'),
  ...overHttpParams,
  ...batchParams({ bytes: '4MiB', records: 5000 }),
})
type Params = z.output<typeof params>

export default defineSink({
  type: 'elasticsearch',
  version: '1.0.0',
  summary: 'bulk requests to Elasticsearch or OpenSearch',
  stability: 'experimental',
  schema: jsonSchemaOf(params),
  example: { url: 'https://es.example.com:9200', index: 'shop-%Y.%m.%d', api_key: { file: '/etc/opsctl/es-key' } },
  build(config) {
    const parsed = parseParams(params, config)
    return {
      title: `Elasticsearch at ${parsed.url.host}`,
      limits: { bytes: parsed.batch_bytes, records: parsed.batch_records, underWay: 1 },
      open: async place => openElasticsearch(place, parsed),
    }
  },
})

/** An answer has some hundred bytes for each record at most. */
const holdBytes = 32 * 1024 * 1024
const told = 'errors,items.*.status,items.*.error.type,items.*.error.reason'

function openElasticsearch(place: SinkPlace, params: Params): OpenSink {
  const sender = new Sender(place, params)
  const url = new URL(`${params.url.pathname.replace(/\/$/, '')}/_bulk`, params.url)
  url.searchParams.set('filter_path', told)
  if (params.pipeline !== undefined) url.searchParams.set('pipeline', params.pipeline)
  return {
    async send(parcels, signal) {
      const lines = [...recordLines(parcels)]
      const body = bulkOf(lines, { params, parcels, now: place.clock.now() })
      const headers: Field[] = []
      if (params.api_key) headers.push(['authorization', `ApiKey ${await new RequestSecrets(place).read(params.api_key)}`])
      const answered = await sender.send({ url, type: 'application/x-ndjson', body, headers, holdBytes }, signal)
      if ('later' in answered) return { result: 'later', message: answered.later }
      return receiptOf(answered, place.clock.now()) ?? receiptOfItems(answered.body, lines)
    },
    [Symbol.asyncDispose]: async () => {},
  }
}

interface Bulk {
  readonly params: Params
  readonly parcels: readonly Parcel[]
  readonly now: number
}

/** An action and a record, a line each. The name of a record is its id, so that what is sent twice is there once. */
function bulkOf(lines: readonly RecordLine[], { params, parcels, now }: Bulk): Uint8Array {
  const times = new RecordTimes(now)
  const pieces: string[] = []
  for (const { parcel, record, text, value } of lines) {
    const owner = parcels[parcel]
    const time = new Date(Number(times.of(value['time']) / 1_000_000n))
    const _id = owner ? recordName(owner, record) : ''
    pieces.push(JSON.stringify({ [params.operation]: { _index: indexAt(params.index, time), _id } }))
    pieces.push(
      value['@timestamp'] === undefined
        ? withTime(text, typeof value['time'] === 'string' ? value['time'] : time.toISOString())
        : text,
    )
  }
  return Buffer.from(`${pieces.join('\n')}\n`)
}

const withTime = (text: string, time: string): string =>
  `{"@timestamp":${JSON.stringify(time)}${text === '{}' ? '' : ','}${text.slice(1)}`

function indexAt(index: string, time: Date): string {
  const [year = '', month = '', day = ''] = time.toISOString().slice(0, 10).split('-')
  return index.replaceAll('%Y', year).replaceAll('%m', month).replaceAll('%d', day)
}

const answerSchema = z.object({
  errors: z.boolean(),
  items: z
    .array(
      z.record(z.string(), z.object({ status: z.number(), error: z.object({ type: z.string().default('refused') }).optional() })),
    )
    .default([]),
})

/** What became of each record, in the order of the request. */
function receiptOfItems(body: string, lines: readonly RecordLine[]): Receipt {
  const answer = answerSchema.safeParse(parsed(body)).data
  if (!answer) return { result: 'later', message: 'the answer is no bulk response' }
  if (!answer.errors) return { result: 'delivered' }
  if (answer.items.length !== lines.length)
    return { result: 'later', message: `the answer has ${answer.items.length} items for ${lines.length} records` }
  const pending: RecordPlace[] = []
  const refused: RefusedRecord[] = []
  for (const [at, { parcel, record }] of lines.entries()) {
    const [item] = Object.values(answer.items[at] ?? {})
    const status = item?.status ?? 500
    // 409: it is there already, as this very record.
    if (status < 300 || status === 409) continue
    if (isMendable(status)) pending.push({ parcel, record })
    else refused.push({ parcel, record, reason: item?.error?.type ?? `status ${status}` })
  }
  if (pending.length === 0) return { result: 'delivered', refused }
  return { result: 'later', message: `${pending.length} of ${lines.length} records were not taken yet`, pending, refused }
}

/** No record is to blame: the index is not there or closed, the key may not write to it, or there is too much to do. */
const isMendable = (status: number): boolean => [401, 403, 404, 408, 429].includes(status) || status >= 500

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

import { hostname } from 'node:os'
import { z } from 'zod'
import { defineSink } from '../../core/component.ts'
import { parsedBy, sizeField } from '../../core/fields.ts'
import { jsonSchemaOf } from '../../core/json-schema.ts'
import { ParamsError, parseParams } from '../../core/params.ts'
import type { OpenSink, SinkPlace } from '../../core/sink.ts'
import { tlsParams } from '../../net/http/request-params.ts'
import { RecordText } from './broker/record-text.ts'
import { DatagramSink } from './syslog/datagram-sink.ts'
import { MessageFormat } from './syslog/message-format.ts'
import { MessageMaker } from './syslog/message-maker.ts'
import { facilityNumber, severityNumber } from './syslog/priority.ts'
import { RelpSink } from './syslog/relp-sink.ts'
import { formatServerUrl, parseServerUrl } from './syslog/server-url.ts'
import { StreamSink } from './syslog/stream-sink.ts'
import { isElementName, StructuredData } from './syslog/structured-data.ts'

const text = () => z.string().min(1)
const fixed = (isName: (value: string) => boolean, what: string) =>
  text().refine(value => value.includes('{') || isName(value), `is no ${what} of syslog`)
const params = z.strictObject({
  server: z
    .string()
    .transform(parsedBy(parseServerUrl))
    .describe('relp://logs.example:2514, relps:// (RELP over TLS), tls://logs.example:6514, tcp://… or udp://…'),
  acknowledge: z
    .enum(['close', 'write'])
    .default('close')
    .describe('tcp and tls: delivered is what the receiver read to the end of a connection, or what the system took to write'),
  format: z.enum(['rfc5424', 'rfc3164']).default('rfc5424').describe('of messages'),
  framing: z.enum(['octet-counting', 'newline']).default('octet-counting').describe('tcp and tls: how messages are told apart'),
  facility: fixed(value => facilityNumber(value) !== undefined, 'facility')
    .default('{facility}')
    .describe('local0, 16, or a field; user where it is none'),
  severity: fixed(value => severityNumber(value) !== undefined, 'severity')
    .optional()
    .describe('warning, 4, or a field; absent: {severity}, else {level}; info where it is none'),
  time: text().default('{time}').describe('RFC 3339'),
  host: text().default('{host}').describe('the name of this machine where the record has none'),
  app: text().default('{app}').describe('the name of the program'),
  pid: text().default('{pid}').describe('of the process'),
  message_id: text().default('{message_id}').describe('the kind of message, of rfc5424'),
  data: z
    .record(text().refine(isElementName, 'is no name of structured data: write name@number'), z.array(text()).min(1))
    .default({ 'trace@32473': ['trace_id', 'span_id', 'request_id'] })
    .describe('structured data of rfc5424: elements, and the fields of the record that are in each'),
  message: text().default('{message}').describe('a field, or json: the whole record, as where the field is not there'),
  max_bytes: sizeField().optional().describe('of a message; absent: 2048 over udp, else 8KiB, which receivers take'),
  long_messages: z.enum(['dead', 'cut']).default('dead').describe('what becomes of longer ones: dead letters, or cut'),
  ...tlsParams,
})
type Params = z.output<typeof params>

const maxDatagram = 65_507

export default defineSink({
  type: 'syslog',
  version: '1.0.0',
  summary: 'messages of syslog over RELP, TLS, TCP or UDP',
  stability: 'experimental',
  schema: jsonSchemaOf(params),
  example: { server: 'relp://logs.example:2514', app: 'shop', facility: 'local0' },
  build(config) {
    const parsed = parseParams(params, config)
    const { server, max_bytes = server.protocol === 'udp' ? 2048 : 8192 } = parsed
    if (max_bytes < 480)
      throw new ParamsError('max_bytes is less than the 480 that every receiver takes', { path: ['max_bytes'] })
    if (server.protocol === 'udp' && max_bytes > maxDatagram)
      throw new ParamsError(`a datagram has ${maxDatagram} bytes at most`, { path: ['max_bytes'] })
    return {
      title: formatServerUrl(server),
      limits: { bytes: 1024 * 1024, records: server.protocol === 'udp' ? 1000 : 20_000, underWay: 1 },
      open: async place => openSyslog(place, { ...parsed, max_bytes }),
    }
  },
})

function openSyslog(place: SinkPlace, params: Params & { readonly max_bytes: number }): OpenSink {
  const { server, framing, acknowledge, server_name, ca, cert, key } = params
  const isStream = server.protocol === 'tcp' || server.protocol === 'tls'
  const maker = new MessageMaker({
    format: formatOf(params),
    clock: place.clock,
    maxBytes: params.max_bytes,
    longMessages: params.long_messages,
    isByLines: isStream && framing === 'newline',
  })
  const wish = { server, place, maker, tls: { server_name, ca, cert, key } }
  if (isStream) return new StreamSink({ ...wish, framing, acknowledge })
  return server.protocol === 'udp' ? new DatagramSink(wish) : new RelpSink(wish)
}

function formatOf({ format, facility, severity, time, host, app, pid, message_id, data, message }: Params): MessageFormat {
  const severities = severity === undefined ? ['{severity}', '{level}'] : [severity]
  return new MessageFormat({
    format,
    facility: new RecordText(facility),
    severity: severities.map(each => new RecordText(each)),
    time: new RecordText(time),
    host: new RecordText(host),
    app: new RecordText(app),
    pid: new RecordText(pid),
    messageId: new RecordText(message_id),
    data: new StructuredData(data),
    message: message === 'json' ? undefined : new RecordText(message),
    ownHost: hostname(),
  })
}

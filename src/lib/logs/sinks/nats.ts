import { z } from 'zod'
import { defineSink } from '../../core/component.ts'
import { jsonSchemaOf } from '../../core/json-schema.ts'
import { parseParams } from '../../core/params.ts'
import { secretOr } from '../../core/secret-field.ts'
import { brokerTlsField } from './broker/broker-tls.ts'
import { RecordText } from './broker/record-text.ts'
import { encodingField } from './encoded/record-encoding.ts'
import { openNatsSink } from './nats/nats-sink.ts'

const params = z.strictObject({
  servers: z.array(z.string().min(1)).min(1).describe('host:port of each server'),
  subject: z.string().min(1).describe('where to publish: `logs.{app}` takes the field app of each record'),
  user: z.string().min(1).optional().describe('with a password'),
  password: secretOr(z.never()).optional().describe('where the password of the user stands'),
  token: secretOr(z.never()).optional().describe('where the token stands'),
  credentials: secretOr(z.never()).optional().describe('where the content of a .creds file stands'),
  nkey: secretOr(z.never()).optional().describe('where the seed of an nkey stands'),
  encoding: encodingField(),
  tls: brokerTlsField(),
})

export default defineSink({
  type: 'nats',
  version: '1.0.0',
  summary: 'NATS JetStream: a message for each record, whose doubles the server drops',
  stability: 'experimental',
  schema: jsonSchemaOf(params),
  example: { servers: ['nats.example:4222'], subject: 'logs.{app}', credentials: { file: '/etc/opsctl/logs.creds' } },
  build(config) {
    const { subject, ...wishes } = parseParams(params, config)
    return {
      title: `NATS at ${wishes.servers.join(', ')}`,
      limits: { bytes: 1024 * 1024, records: 2000, underWay: 1 },
      open: place => openNatsSink(place, { ...wishes, subject: new RecordText(subject) }),
    }
  },
})

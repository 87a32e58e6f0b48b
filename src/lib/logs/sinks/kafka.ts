import { z } from 'zod'
import { defineSink } from '../../core/component.ts'
import { jsonSchemaOf } from '../../core/json-schema.ts'
import { parseParams } from '../../core/params.ts'
import { secretOr } from '../../core/secret-field.ts'
import { brokerTlsField } from './broker/broker-tls.ts'
import { RecordText } from './broker/record-text.ts'
import { encodingField } from './encoded/record-encoding.ts'
import { openKafkaSink } from './kafka/kafka-sink.ts'

const params = z.strictObject({
  brokers: z.array(z.string().min(1)).min(1).describe('host:port of some brokers; they tell of the others'),
  topic: z.string().min(1).describe('where to: `logs-{app}` takes the field app of each record'),
  key: z.string().min(1).optional().describe('records of one key keep their order: `{host}`; absent: they are spread'),
  compression: z.enum(['none', 'gzip']).default('none').describe('of what is sent'),
  sasl: z
    .strictObject({
      mechanism: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']).describe('how the password is shown'),
      user: z.string().min(1).describe('who logs in'),
      password: secretOr(z.never()).describe('where the password stands'),
    })
    .optional()
    .describe('how to log in'),
  encoding: encodingField(),
  tls: brokerTlsField(),
})

export default defineSink({
  type: 'kafka',
  version: '1.0.0',
  summary: 'Kafka: a message for each record, acknowledged by all replicas in sync',
  stability: 'experimental',
  schema: jsonSchemaOf(params),
  example: { brokers: ['kafka.example:9092'], topic: 'logs-{app}', key: '{host}' },
  build(config) {
    const { topic, key, ...wishes } = parseParams(params, config)
    return {
      title: `Kafka at ${wishes.brokers.join(', ')}`,
      // A broker takes 1 MB by default, of one partition.
      limits: { bytes: 768 * 1024, records: 10_000, underWay: 1 },
      open: place =>
        openKafkaSink(place, {
          ...wishes,
          topic: new RecordText(topic),
          ...(key !== undefined && { key: new RecordText(key) }),
        }),
    }
  },
})

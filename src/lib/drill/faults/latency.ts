import { z } from 'zod'
import { defineStep } from '../../core/component.ts'
import { formatDuration } from '../../core/duration.ts'
import { durationField } from '../../core/fields.ts'
import { jsonSchemaOf } from '../../core/json-schema.ts'
import { parseParams } from '../../core/params.ts'
import { proxyFault, proxyFields } from '../proxy-fault.ts'

const Params = z.strictObject({
  ...proxyFields,
  delay: durationField().describe(
    'every piece of data is held back so long, both ways: a question and its answer take twice as long',
  ),
  jitter: durationField().prefault('0').describe('at random up to so much more'),
})

/** New connections to a service go through a proxy that takes its time; those that are open already do not. */
export default defineStep({
  type: 'latency',
  version: '1.0.0',
  summary: 'TCP service whose answers come late, by a proxy before it',
  stability: 'beta',
  internal: true,
  schema: jsonSchemaOf(Params),
  example: { port: 6379, delay: '200ms' },
  build(config) {
    const { port, lasts, delay, jitter } = parseParams(Params, config)
    return proxyFault({
      type: 'latency',
      port,
      lasts,
      what: `delay everything by ${formatDuration(delay)}`,
      mode: ['delay', delay, jitter],
    })
  },
})

import { z } from 'zod'
import { defineStep } from '../../core/component.ts'
import { jsonSchemaOf } from '../../core/json-schema.ts'
import { parseParams } from '../../core/params.ts'
import { proxyFault, proxyFields } from '../proxy-fault.ts'

const Params = z.strictObject({
  ...proxyFields,
  status: z.int().min(400).max(599).default(503).describe('what is answered'),
  percent: z.number().gt(0).max(100).default(100).describe('of the connections; the others are passed on'),
})

/** New connections to a service go through a proxy that answers in its place. Plain HTTP/1; TLS is not opened. */
export default defineStep({
  type: 'http-error',
  version: '1.0.0',
  summary: 'HTTP service that answers with errors, by a proxy before it',
  stability: 'beta',
  internal: true,
  schema: jsonSchemaOf(Params),
  example: { port: 8080, status: 503, percent: 50 },
  build(config) {
    const { port, lasts, status, percent } = parseParams(Params, config)
    return proxyFault({
      type: 'http-error',
      port,
      lasts,
      what: `answer ${status} to ${percent} % of the connections`,
      mode: ['status', status, percent],
    })
  },
})

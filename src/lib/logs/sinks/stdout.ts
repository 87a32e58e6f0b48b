import { z } from 'zod'
import { defineSink } from '../../core/component.ts'
import { jsonSchemaOf } from '../../core/json-schema.ts'
import { parseParams } from '../../core/params.ts'

const params = z.strictObject({})

export default defineSink({
  type: 'stdout',
  version: '1.0.0',
  summary: 'JSON lines on stdout',
  stability: 'experimental',
  schema: jsonSchemaOf(params),
  example: {},
  build(config) {
    parseParams(params, config)
    return {
      title: 'stdout',
      limits: { bytes: 1024 * 1024, records: 100_000, underWay: 1 },
      open: async ({ stdout }) => ({
        async send(parcels) {
          for (const { records } of parcels) await stdout(records)
          return { result: 'delivered' }
        },
        [Symbol.asyncDispose]: async () => {},
      }),
    }
  },
})

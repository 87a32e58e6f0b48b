import { z } from 'zod'
import { defineSink } from '../../core/component.ts'
import { jsonSchemaOf } from '../../core/json-schema.ts'
import { parseParams } from '../../core/params.ts'
import type { OpenSink, Parcel, SinkPlace } from '../../core/sink.ts'
import { untilAborted } from './broker/until-aborted.ts'

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
      open: async place => openStdout(place),
    }
  },
})

function openStdout({ stdout }: SinkPlace): OpenSink {
  let underWay: { readonly ids: string; readonly written: Promise<void> } | undefined
  const write = async (parcels: readonly Parcel[]): Promise<void> => {
    for (const { records } of parcels) await stdout(records)
  }
  return {
    async send(parcels, signal) {
      const ids = parcels.map(({ id }) => id).join(' ')
      // What an earlier attempt has begun to write to a reader that is slow is not written twice.
      underWay = underWay?.ids === ids ? underWay : { ids, written: write(parcels) }
      try {
        await untilAborted(underWay.written, signal)
      } catch (error) {
        if (signal.aborted) return { result: 'later', message: 'nobody reads stdout' }
        throw error
      }
      underWay = undefined
      return { result: 'delivered' }
    },
    [Symbol.asyncDispose]: async () => {},
  }
}

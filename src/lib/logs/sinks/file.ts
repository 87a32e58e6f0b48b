import { open } from 'node:fs/promises'
import { resolve } from 'node:path'
import { z } from 'zod'
import { defineSink } from '../../core/component.ts'
import { jsonSchemaOf } from '../../core/json-schema.ts'
import { parseParams } from '../../core/params.ts'
import type { OpenSink, SinkPlace } from '../../core/sink.ts'
import { writeAll } from '../../run/write-all.ts'

const params = z.strictObject({
  path: z.string().min(1).describe('where to write'),
})

export default defineSink({
  type: 'file',
  version: '1.0.0',
  summary: 'JSON lines in a file of this machine',
  stability: 'experimental',
  schema: jsonSchemaOf(params),
  example: { path: '/var/log/opsctl/records.ndjson' },
  build(config) {
    const { path } = parseParams(params, config)
    return {
      title: path,
      limits: { bytes: 4 * 1024 * 1024, records: 1_000_000, underWay: 1 },
      open: place => openFileSink(place, path),
    }
  },
})

async function openFileSink({ cwd }: SinkPlace, path: string): Promise<OpenSink> {
  const handle = await open(resolve(cwd, path), 'a', 0o600)
  return {
    async send(parcels) {
      for (const { records } of parcels) await writeAll(handle, records)
      return { result: 'delivered' }
    },
    [Symbol.asyncDispose]: () => handle.close(),
  }
}

import { open } from 'node:fs/promises'
import { resolve } from 'node:path'
import { z } from 'zod'
import { defineSource } from '../../core/component.ts'
import { jsonSchemaOf } from '../../core/json-schema.ts'
import type { SourceEvent, SourcePlace } from '../../core/log-source.ts'
import { parseParams } from '../../core/params.ts'
import { batches } from './batches.ts'

const params = z.strictObject({
  paths: z.array(z.string().min(1)).min(1).describe('files to read'),
})

export default defineSource({
  type: 'file',
  version: '1.0.0',
  summary: 'files of this machine',
  stability: 'experimental',
  schema: jsonSchemaOf(params),
  example: { paths: ['/var/log/nginx/access.log'] },
  build(config) {
    const { paths } = parseParams(params, config)
    return { title: paths.join(', '), isReplayable: true, read: place => read(place, paths) }
  },
})

async function* read(place: SourcePlace, paths: readonly string[]): AsyncGenerator<SourceEvent> {
  const { streams, cwd, name, framing, signal } = place
  for (const path of paths.map(each => resolve(cwd, each))) {
    const stream = streams.known().find(({ identity }) => identity === path) ?? (await streams.begin(path, path))
    await using handle = await open(path, 'r')
    let position = stream.resume.at
    const base = position
    const source = {
      read: async (into: Uint8Array): Promise<number> => {
        const { bytesRead } = await handle.read(into, 0, into.length, position)
        position += bytesRead
        return bytesRead
      },
      [Symbol.asyncDispose]: async () => {},
    }
    const limit = { maxLineBytes: framing.maxLineBytes, longLines: framing.longLines === 'split' ? 'split' : 'cut' } as const
    for await (const { bytes, origin, cutFrom } of batches(source, { name, limit })) {
      if (signal.aborted) return
      yield {
        kind: 'lines',
        stream,
        bytes,
        from: base + origin.from,
        to: base + origin.to,
        ...(cutFrom !== undefined && { cutFrom }),
      }
    }
  }
}

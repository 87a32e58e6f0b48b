import { resolve } from 'node:path'
import { z } from 'zod'
import { defineSource } from '../../core/component.ts'
import { durationField } from '../../core/fields.ts'
import { jsonSchemaOf } from '../../core/json-schema.ts'
import { ParamsError, parseParams } from '../../core/params.ts'
import { readFiles } from './file/file-reading.ts'
import { pathMatcher } from './file/path-matcher.ts'

const params = z.strictObject({
  paths: z.array(z.string().min(1)).min(1).describe('files to read; *, ?, [a-z] and ** are understood'),
  exclude: z.array(z.string().min(1)).default([]).describe('files not to read: patterns of paths, without a slash of names'),
  start: z
    .enum(['beginning', 'end'])
    .default('beginning')
    .describe('where files are read from that are there at the first start ever'),
  ignore_older: durationField().optional().describe('files that nobody wrote to for so long are not begun'),
  max_open: z.int().min(1).max(100_000).default(512).describe('files that are open at a time'),
  poll: durationField()
    .optional()
    .describe('how often files are looked at; on file systems of this machine it is told at once when they change'),
  partial_after: durationField()
    .optional()
    .describe('a last line without its end is taken for whole when nothing came for so long; never while files are followed'),
  remove_after_delivery: z
    .boolean()
    .default(false)
    .describe('delete compressed and rotated files as soon as every sink has all of them'),
  compressed: z.enum(['read', 'ignore']).default('read').describe('what is done with gzip and zstd files'),
})

export default defineSource({
  type: 'file',
  version: '1.0.0',
  summary: 'files of this machine, over rotations and restarts',
  stability: 'experimental',
  schema: jsonSchemaOf(params),
  example: { paths: ['/var/log/nginx/*.log'], exclude: ['debug.log'] },
  build(config) {
    const read = parseParams(params, config)
    const { paths, exclude, start, compressed } = read
    const home = paths.findIndex(path => path.startsWith('~'))
    if (home !== -1)
      throw new ParamsError(`${paths[home]}: write the directory itself, '~' is known to shells alone`, { path: ['paths', home] })
    const settings = {
      ...{ paths, exclude, start, compressed, maxOpen: read.max_open, removeAfterDelivery: read.remove_after_delivery },
      ...(read.ignore_older !== undefined && { ignoreOlderMs: read.ignore_older }),
      ...(read.poll !== undefined && { pollMs: read.poll }),
      ...(read.partial_after !== undefined && { partialAfterMs: read.partial_after }),
    }
    return {
      title: paths.join(', '),
      isReplayable: true,
      readsFile: (path, cwd) =>
        pathMatcher(
          paths.map(each => resolve(cwd, each)),
          cwd,
        )(path) && !pathMatcher(exclude, cwd)(path),
      read: place => readFiles(place, settings),
    }
  },
})

import { join, resolve } from 'node:path'
import type { Context } from '../core/context.ts'

/** Where a pipeline keeps what it remembers: one directory for each file, by its name. */
export const pipelineDirectory = ({ paths }: Pick<Context, 'paths'>, file: string): string =>
  join(
    paths.state,
    'ship-logs',
    resolve(paths.cwd, file)
      .replaceAll(/[^A-Za-z0-9._-]+/g, '_')
      .replace(/^_/, ''),
  )

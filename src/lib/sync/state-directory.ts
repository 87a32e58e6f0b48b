import { join } from 'node:path'
import type { Context } from '../core/context.ts'
import { sha256Of } from './digest.ts'
import type { SyncFile } from './file/sync-file.ts'

/** Where what is known of a sync file is kept: by its name, so that it may be moved; revisions and snapshot are below. */
export const stateDirectory = ({ paths }: Pick<Context, 'paths'>, { name }: Pick<SyncFile, 'name'>): string =>
  join(paths.state, 'sync', `${name.replace(/[^A-Za-z0-9]+/g, '-').slice(0, 40)}-${sha256Of(name).slice(0, 8)}`)

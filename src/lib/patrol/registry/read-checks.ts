import { readdir, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Context } from '../../core/context.ts'
import { errnoOf } from '../../core/errno.ts'
import { OpsError } from '../../core/errors.ts'
import { sha256 } from '../../core/sha256.ts'
import { type AskedCheck, askedChecks, withHosts } from '../../probe/index.ts'
import type { ServeOptions } from '../options.ts'
import type { WatchedCheck } from '../watch.ts'

/** The checks that the command line and its files ask for now. Nothing is contacted. @throws OpsError as probe */
export async function readChecks(context: Context, options: ServeOptions): Promise<WatchedCheck[]> {
  const files = (await Promise.all(options.file.map(path => filesOf(context, path)))).flat()
  const probing = { ...options, file: files, check: [], concurrency: options.workers, deadline: 0 }
  const asked =
    files.length === 0 && options.file.length > 0 && options.endpoint.length === 0 ? [] : await askedChecks(context, probing)
  const checks = await withHosts(context, asked, probing)
  return checks.map((check, index) => ({
    ...check,
    version: versionOf(check),
    source: sourceOf(asked[index]),
    isOn: true,
  }))
}

/** The file itself, or those of a directory: `*.yaml` and `*.yml`, by name; those that begin with a dot are being written. */
async function filesOf({ paths }: Pick<Context, 'paths'>, path: string): Promise<string[]> {
  const full = resolve(paths.cwd, path)
  try {
    if (!(await stat(full)).isDirectory()) return [path]
    const names = await readdir(full)
    return names
      .filter(name => /^[^.].*\.ya?ml$/.test(name))
      .sort()
      .map(name => join(path, name))
  } catch (error) {
    // What is wrong with a file tells whoever reads it.
    if (errnoOf(error) === 'ENOENT') return [path]
    throw new OpsError('E_PLAN', `${path}: the directory of checks can not be read`, { cause: error })
  }
}

/** Changes when the check, or one of its hosts does. */
const versionOf = ({ definition, name, hosts }: { definition?: string; name: string; hosts?: WatchedCheck['hosts'] }): string =>
  sha256()
    .update(JSON.stringify([definition ?? name, hosts ?? null]))
    .digest('hex')
    .slice(0, 16)

const sourceOf = (asked: AskedCheck | undefined): string =>
  asked?.place === undefined ? 'command line' : `file ${asked.place.replace(/:\d+:\d+$/, '')}`

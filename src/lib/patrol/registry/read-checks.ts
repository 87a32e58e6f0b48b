import { readdir, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Context } from '../../core/context.ts'
import { errnoOf } from '../../core/errno.ts'
import { OpsError } from '../../core/errors.ts'
import { sha256 } from '../../core/sha256.ts'
import { type AskedCheck, askedChecks, type ProbedCheck, readProbeSources } from '../../probe/index.ts'
import type { ServeOptions } from '../options.ts'

/** A check with where it comes from. */
export interface SourcedCheck {
  readonly check: AskedCheck
  /** `file /etc/opsctl/checks.yaml`, `command line`, `api`. */
  readonly source: string
}

/** What the command line and its files ask for now; what of it is wrong alone is told, not what is missing beside it. @throws OpsError E_PLAN, E_USAGE */
export async function readConfigured(context: Context, options: ServeOptions): Promise<SourcedCheck[]> {
  const paths = await filesOf(context, options)
  const ofFiles = await readProbeSources(
    context,
    paths.map(path => ({ path })),
  )
  const asksOnlyThis = options.endpoint.length > 0 || options.file.length === 0
  const ofCommandLine = asksOnlyThis ? await askedChecks(context, { ...options, file: [], check: [] }) : []
  return [
    ...ofCommandLine.map(check => ({ check, source: 'command line' })),
    ...ofFiles.map(check => ({ check, source: `file ${check.place?.replace(/:\d+:\d+$/, '')}` })),
  ]
}

/** One that was registered at run time. @throws OpsError E_PLAN */
export async function readRegistered(
  context: Context,
  { name, definition, source }: { readonly name: string; readonly definition: unknown; readonly source: string },
): Promise<SourcedCheck> {
  const text = JSON.stringify({ checks: [definition] }, null, 2)
  const [check, ...more] = await readProbeSources(context, [{ path: `${source} ${name}`, text }])
  if (!check || more.length > 0) throw new OpsError('E_PLAN', `${source} ${name}: it is not one check`)
  if (check.name !== name)
    throw new OpsError('E_PLAN', `${source} ${name}: the check is called '${check.name}'`, { hint: `say name: ${name}` })
  return { check, source }
}

/** The files of checks: those that are named, and of directories `*.yaml` and `*.yml`, by name; those that begin with a dot are being written. */
export async function filesOf({ paths }: Pick<Context, 'paths'>, { file }: Pick<ServeOptions, 'file'>): Promise<string[]> {
  const found = file.map(async path => {
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
  })
  return (await Promise.all(found)).flat()
}

/** Changes when the check, or one of its hosts does. */
export const versionOf = ({ definition, name, hosts }: ProbedCheck): string =>
  sha256()
    .update(JSON.stringify([definition ?? name, hosts ?? null]))
    .digest('hex')
    .slice(0, 12)

import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Context } from '../core/context.ts'
import { OpsError } from '../core/errors.ts'
import type { Host } from '../core/host.ts'
import { hostFileName } from '../fleet/index.ts'
import type { Collection } from './from-host.ts'
import { readLocalTree } from './local-tree.ts'
import type { CopyOptions } from './options.ts'
import { nameOf, needsDirectory, parseRoute, type Route } from './route.ts'
import type { Delivery } from './to-host.ts'

/** What `opsctl cp` does on every host. */
export type CopyRequest = { readonly title: string; readonly dryRun: boolean; readonly flat: boolean } & (
  | { readonly direction: 'to-hosts'; readonly delivery: Delivery }
  | { readonly direction: 'from-hosts'; collection(host: Host): Collection }
)

/**
 * Checks what the schema can not see and reads what is to be sent, before anything is contacted.
 * @throws OpsError E_USAGE
 */
export async function copyRequest(context: Context, options: CopyOptions): Promise<CopyRequest> {
  const route = parseRoute(options.paths)
  const common = { title: options.paths.join(' '), dryRun: options.dryRun, flat: options.flat }
  if (route.direction === 'to-hosts') {
    return { ...common, direction: 'to-hosts', delivery: await deliveryOf(context, { route, options }) }
  }
  if (options.owner !== undefined) {
    throw new OpsError('E_USAGE', '--owner is for files on the hosts', { hint: 'what comes from them belongs to you' })
  }
  refuseSameNames(route)
  const collection = await collectionOf(context, { route, options })
  return { ...common, direction: 'from-hosts', collection }
}

interface Asked {
  readonly route: Route
  readonly options: CopyOptions
}

async function deliveryOf({ paths, signal }: Context, { route, options }: Asked): Promise<Delivery> {
  const { timeout, dryRun, owner, flat } = options
  if (flat) throw new OpsError('E_USAGE', '--flat is for files from a host')
  return {
    entries: await readLocalTree(route.sources, { cwd: paths.cwd, signal }),
    destination: route.destination,
    needsDirectory: needsDirectory(route),
    dryRun,
    timeoutMs: timeout,
    ...(owner !== undefined && { owner }),
  }
}

async function collectionOf({ paths }: Context, { route, options }: Asked): Promise<(host: Host) => Collection> {
  const { sources, destination } = route
  const { dryRun, timeout: timeoutMs, flat } = options
  const place = resolve(paths.cwd, destination)
  const common = { sources, dryRun, timeoutMs }
  if (!flat) return host => ({ ...common, base: resolve(place, hostFileName(host.name)) })
  const into = needsDirectory(route) || (await isDirectory(place))
  return () => (into ? { ...common, base: place } : { ...common, base: resolve(place, '..'), newName: nameOf(place) })
}

function refuseSameNames({ sources }: Route): void {
  const names = new Map<string, string>()
  for (const source of sources) {
    const name = nameOf(source)
    const other = names.get(name)
    if (other !== undefined)
      throw new OpsError('E_USAGE', `:${other} and :${source} would both become ${name}`, {
        hint: 'copy them one after the other',
      })
    if (name === '' && sources.length > 1)
      throw new OpsError('E_USAGE', `:${source} has no name of its own`, { hint: 'copy it alone' })
    names.set(name, source)
  }
}

const isDirectory = (path: string): Promise<boolean> =>
  stat(path).then(
    found => found.isDirectory(),
    () => false,
  )

import { OpsError } from '../core/errors.ts'

/** Which way a copy goes: the colons are taken off. */
export interface Route {
  readonly direction: 'to-hosts' | 'from-hosts'
  readonly sources: readonly string[]
  readonly destination: string
}

/**
 * Reads `SRC… DST`: paths on the hosts start with a colon, and exactly one side is there.
 * @throws OpsError E_USAGE
 */
export function parseRoute(paths: readonly string[]): Route {
  const sources = paths.slice(0, -1)
  const destination = paths.at(-1)
  if (destination === undefined || sources.length === 0) {
    throw new OpsError('E_USAGE', 'cp needs what to copy and where to', {
      hint: 'as in `opsctl cp -t @web nginx.conf :/etc/nginx/`',
    })
  }
  const empty = paths.find(path => path === '')
  if (empty !== undefined)
    throw new OpsError('E_USAGE', 'a path is empty', { hint: 'a lone colon is the home directory on the hosts' })
  const remote = sources.filter(isRemote)
  if (isRemote(destination)) {
    if (remote[0] !== undefined)
      throw new OpsError('E_USAGE', `both ${remote[0]} and ${destination} are on the hosts`, { hint: copyHint })
    return { direction: 'to-hosts', sources, destination: onHost(destination) }
  }
  const local = sources.find(path => !isRemote(path))
  if (local === undefined) return { direction: 'from-hosts', sources: sources.map(onHost), destination }
  if (remote.length > 0)
    throw new OpsError('E_USAGE', `${local} is here and ${remote[0]} is on the hosts: one side only`, { hint: copyHint })
  throw new OpsError('E_USAGE', `neither ${local} nor ${destination} is on the hosts`, {
    hint: scpHint([...sources, destination]),
  })
}

const isRemote = (path: string): boolean => path.startsWith(':')
const onHost = (path: string): string => path.slice(1) || '.'

const copyHint =
  'a leading colon marks paths on the hosts, and those are either all sources or the destination; to copy within a host use exec'

/** scp's `host:path` is the likely slip. */
function scpHint(paths: readonly string[]): string {
  const [, host, path] = paths.map(word => /^([\w.@-]+):(.*)$/.exec(word)).find(found => found !== null) ?? []
  return host === undefined
    ? 'mark a path on the hosts by a leading colon, as in :/etc/nginx/'
    : `hosts are named by -t: write -t ${host} … :${path}`
}

/**
 * The name that a source has below a destination directory, as with cp: its last component. Empty for `.`, `..` and `/`, whose content
 * goes into the destination itself.
 */
export function nameOf(path: string): string {
  const name = path.replace(/\/+$/, '').split('/').at(-1) ?? ''
  return ['.', '..', '~'].includes(name) ? '' : name
}

/** True where the destination can only be a directory: it says so by its end, or several things go there. */
export function needsDirectory({ sources, destination }: Route): boolean {
  return sources.length > 1 || /(^|\/)\.{0,2}$/.test(destination) || sources.some(source => nameOf(source) === '')
}

import { TransportError } from '../core/transport.ts'
import type { Entry } from './entry.ts'
import { look, lookParts } from './host-scripts.ts'
import type { HostShell } from './host-shell.ts'
import { type HostEntry, parseListing } from './listing.ts'

/** A destination as one host sees it. */
export interface Place {
  /** The directory into which is copied; absolute. */
  readonly base: string
  /** The nearest directory that exists. */
  readonly anchor: string
  readonly hasTar: boolean
  /** What is there already, by path below `base`. */
  readonly existing: ReadonlyMap<string, HostEntry>
  /** Path of an entry below `base`: its own, or with another first part where the destination is a new name. */
  pathOf(entry: Entry): string
  /** As people write it. */
  shown(path: string): string
}

interface Destination {
  /** As typed. */
  readonly destination: string
  /** It can only be a directory. */
  readonly needsDirectory: boolean
}

/**
 * Asks a host what stands where the entries are to go.
 * @throws TransportError, NoShell
 */
export async function lookAt(
  shell: HostShell,
  { destination, needsDirectory }: Destination,
  entries: readonly Entry[],
): Promise<Place> {
  const { stdout } = await shell.demand(look, {
    args: [destination, needsDirectory ? 'directory' : '', ...lookParts],
    stdin: Buffer.from(entries.map(entry => `./${entry.path}\0`).join('')),
  })
  const [place, base, anchor, tar] = Buffer.from(stdout).toString('utf8').split('\0', 4)
  if (place === undefined || base === undefined || anchor === undefined || tar === undefined) {
    throw new TransportError('transfer', 'could not look at the destination: the host gave no answer')
  }
  const listing = parseListing(stdout.subarray(Buffer.byteLength([place, base, anchor, tar, ''].join('\0'))))
  return {
    base,
    anchor,
    hasTar: tar === 'tar',
    existing: new Map(listing.entries.map(entry => [entry.path, entry])),
    ...namesBelow(destination, place === 'into'),
  }
}

function namesBelow(destination: string, into: boolean): Pick<Place, 'pathOf' | 'shown'> {
  const nameAt = destination.lastIndexOf('/') + 1
  const parent = into ? destination : destination.slice(0, nameAt)
  const newName = destination.slice(nameAt)
  return {
    pathOf: ({ path }) => (into ? path : newName + (path.includes('/') ? path.slice(path.indexOf('/')) : '')),
    shown: path => `:${parent}${parent === '' || parent.endsWith('/') ? '' : '/'}${path}`,
  }
}

/** A file where a directory is to come, or the other way round, told before anything is sent. @throws TransportError */
export function refuseConflicts(entries: readonly Entry[], { existing, shown }: Place): void {
  for (const { path, type } of entries) {
    const there = existing.get(path)?.type
    // A link may lead to a directory: the host will say.
    if (there === undefined || there === 'symlink') continue
    if ((there === 'directory') !== (type === 'directory')) {
      throw new TransportError('transfer', `${shown(path)} is a ${there} there and a ${type} here`)
    }
  }
}

/** True where the host has it already, with the same content, mode and, where one was asked for, owner. */
export function isSame(
  entry: Entry,
  { there, owner }: { readonly there: HostEntry | undefined; readonly owner: string | undefined },
): boolean {
  if (entry.type === 'directory') return there !== undefined
  if (there?.type !== entry.type || !owns(there, owner)) return false
  if (entry.type === 'symlink') return there.target === entry.target
  return there.sha256 === entry.sha256 && there.mode === entry.mode
}

function owns({ owner: is }: HostEntry, wanted: string | undefined): boolean {
  const [user = '', group = ''] = wanted?.split(':') ?? []
  return ['', is.user, is.uid].includes(user) && ['', is.group, is.gid].includes(group)
}

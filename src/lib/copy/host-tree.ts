import { join } from 'node:path/posix'
import { TransportError } from '../core/transport.ts'
import { type EntryType, kindOfMode } from './entry.ts'
import { list, listPart } from './host-scripts.ts'
import type { HostShell } from './host-shell.ts'
import { type HostEntry, parseListing } from './listing.ts'
import { nameOf } from './route.ts'

/** An entry of a source and where it goes. */
export interface Pulled extends HostEntry {
  /** As people write it. */
  readonly shown: string
  /** As the host's tools name it, below the source. */
  readonly name: string
  /** Below the directory into which is copied. */
  readonly to: string
}

/** A source as one host has it. */
export interface HostTree {
  /** As typed. */
  readonly source: string
  readonly hasTar: boolean
  /** Parents first. */
  readonly entries: readonly Pulled[]
}

/**
 * Lists a source on a host, files with their SHA-256.
 * @throws TransportError for what can not be read or copied, and for a list that names anything outside of the source
 */
export async function listTree(
  shell: HostShell,
  { source, newName = nameOf(source) }: { readonly source: string; readonly newName: string | undefined },
): Promise<HostTree> {
  const first = await listOnce(shell, source)
  // Logs are rotated while they are listed: once more, then it is told.
  const { kind, hasTar, said, entries, incomplete } = first.incomplete.length > 0 ? await listOnce(shell, source) : first
  const [missing] = incomplete
  if (missing !== undefined) {
    const more = incomplete.length > 1 ? ` (and ${incomplete.length - 1} more)` : ''
    throw new TransportError('transfer', `:${join(source, missing)} could not be read${more}: ${said || 'it vanished'}`)
  }
  const pulled =
    kind === 'file' ? fileAs(entries, { source, newName }) : entries.flatMap(entry => below(entry, { source, newName }))
  refuseSpecial(pulled)
  refuseOrphans(pulled)
  return { source, hasTar, entries: pulled }
}

async function listOnce(shell: HostShell, source: string) {
  const { code, stdout, said } = await shell.run(list, { args: [source, listPart] })
  const [kind, tar] = Buffer.from(stdout.subarray(0, 64)).toString('latin1').split('\0', 2)
  if ((kind !== 'file' && kind !== 'directory') || tar === undefined) {
    throw new TransportError('transfer', `:${source}: ${said || 'the host gave no answer'}`)
  }
  const listing = parseListing(stdout.subarray(kind.length + tar.length + 2))
  if (code !== 0 && listing.incomplete.length === 0) {
    throw new TransportError('transfer', `:${source} could not be listed: ${said || `status ${code}`}`)
  }
  return { kind, hasTar: tar === 'tar', said, ...listing }
}

interface Top {
  readonly source: string
  readonly newName: string
}

/** The only entry of a source that is a file. */
function fileAs(entries: readonly HostEntry[], { source, newName }: Top): Pulled[] {
  const [file, second] = entries
  if (file === undefined || file.type === 'directory' || second !== undefined || file.path.includes('/')) {
    throw new TransportError('transfer', `the host listed something else than the file :${source}`)
  }
  return [{ ...file, shown: `:${source}`, name: `./${file.path}`, to: newName }]
}

/** An entry of a source that is a directory; the directory itself only where it has a name. */
function below(entry: HostEntry, { source, newName }: Top): Pulled[] {
  const to = [newName, entry.path].filter(part => part !== '').join('/')
  return to === '' ? [] : [{ ...entry, shown: `:${join(source, entry.path)}`, name: `./${entry.path}`, to }]
}

function refuseSpecial(entries: readonly Pulled[]): void {
  const special = entries.find(entry => entry.type === 'special')
  if (special === undefined) return
  const kind = kindOfMode(special.rawMode)
  throw new TransportError('transfer', `${special.shown} is a ${kind}: only files, directories and symbolic links can be copied`)
}

/** Every parent has to be a directory of the list, so that nothing lies behind a link. */
function refuseOrphans(entries: readonly Pulled[]): void {
  const types = new Map<string, EntryType>()
  for (const { to, path, type, shown } of entries) {
    const parent = path.includes('/') ? types.get(to.slice(0, to.lastIndexOf('/'))) : 'directory'
    if (types.has(to) || parent !== 'directory')
      throw new TransportError('transfer', `the host listed ${shown} twice or outside of a directory`)
    types.set(to, type)
  }
}

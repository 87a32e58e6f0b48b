import { type BigIntStats, constants } from 'node:fs'
import { lstat, open, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { BackendError } from '../../../core/backend.ts'
import { errnoOf } from '../../../core/errno.ts'
import { formatSize } from '../../../core/size.ts'
import { byKey } from '../../digest.ts'

/** More is not configuration. */
const maxFiles = 100_000
const maxBytes = 64 * 1024 ** 2

/** A file as it stands in a directory: changes whenever its content does. */
export interface Stamp {
  readonly path: string
  /** Inode, size and time of the last change. */
  readonly stamp: string
  readonly size: number
}

/**
 * All files below a directory by their path in it, names with a leading dot left out; of a plain file itself, under an empty name. What is
 * not there is no empty one: a directory that is not mounted must not empty the hosts. @throws BackendError
 */
export async function stampTree(path: string): Promise<ReadonlyMap<string, Stamp>> {
  const found = new Map<string, Stamp>()
  let bytes = 0
  const visit = async (at: string, key: string): Promise<void> => {
    const info = await statOf(at)
    if (info === undefined) {
      // What goes while it is looked at is gone: the next look tells how it ended.
      if (key === '') throw new BackendError('unreachable', `${path} does not exist`)
    } else if (info.isDirectory()) {
      for (const name of (await readdir(at).catch(noneIfGone)).sort()) {
        if (!name.startsWith('.')) await visit(join(at, name), key === '' ? name : `${key}/${name}`)
      }
    } else if (info.isFile()) {
      bytes += Number(info.size)
      found.set(key, { path: at, stamp: `${info.ino}.${info.size}.${info.mtimeNs}.${info.ctimeNs}`, size: Number(info.size) })
      if (found.size > maxFiles) throw new BackendError('invalid', `${path}: more than ${maxFiles} files`)
      if (bytes > maxBytes) throw new BackendError('invalid', `${path}: more than ${formatSize(maxBytes)} in all`)
    }
  }
  try {
    await visit(path, '')
  } catch (error) {
    throw asBackendError(path, error)
  }
  return new Map([...found].sort(byKey))
}

/** Undefined when there is nothing. @throws BackendError for a link that leads nowhere */
async function statOf(path: string): Promise<BigIntStats | undefined> {
  try {
    return await stat(path, { bigint: true })
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
    const isLink = await lstat(path).then(
      info => info.isSymbolicLink(),
      () => false,
    )
    if (isLink) throw new BackendError('invalid', `${path}: the link leads nowhere`)
    return undefined
  }
}

function noneIfGone(error: unknown): string[] {
  if (errnoOf(error) !== 'ENOENT') throw error
  return []
}

/** The contents of stamped files. @throws BackendError, also when one is no longer as it was stamped */
export async function readTree(stamps: ReadonlyMap<string, Stamp>): Promise<ReadonlyMap<string, Uint8Array>> {
  const contents = new Map<string, Uint8Array>()
  for (const [key, { path, size }] of stamps) {
    const bytes = await readPlain(path).catch(error => {
      throw asBackendError(path, error)
    })
    if (bytes.length !== size) throw new BackendError('unreachable', `${path} changed while it was read`)
    contents.set(key, bytes)
  }
  return contents
}

/** Without O_NONBLOCK, a named pipe that has taken the place of a file would be waited for. */
async function readPlain(path: string): Promise<Uint8Array> {
  await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  return await file.readFile()
}

function asBackendError(path: string, error: unknown): unknown {
  const errno = errnoOf(error)
  if (errno === undefined) return error
  return new BackendError('unreachable', `${path} can not be read: ${errno}`, { cause: error })
}

/** True when both name the same files in the same state. */
export function sameStamps(a: ReadonlyMap<string, Stamp>, b: ReadonlyMap<string, Stamp>): boolean {
  return a.size === b.size && [...a].every(([key, { stamp }]) => b.get(key)?.stamp === stamp)
}

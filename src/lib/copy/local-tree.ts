import { createHash } from 'node:crypto'
import type { Stats } from 'node:fs'
import { lstat, open, readdir, readlink, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { errnoOf } from '../core/errno.ts'
import { OpsError } from '../core/errors.ts'
import { bounded } from '../run/bounded.ts'
import { type Entry, kindOfMode, typeOfMode } from './entry.ts'
import { nameOf } from './route.ts'

/** An entry of this machine. */
export interface LocalEntry extends Entry {
  readonly source: string
}

/** Files hashed at the same time. */
const hashedAtOnce = 4

/**
 * Everything that the sources name, parents first, files with their SHA-256. A source that is a symbolic link is followed; those below
 * stay links.
 * @throws OpsError E_USAGE for what is missing, can not be read, has no UTF-8 name, is special, or would meet at the same path
 */
export async function readLocalTree(
  sources: readonly string[],
  { cwd, signal }: { readonly cwd: string; readonly signal: AbortSignal },
): Promise<readonly LocalEntry[]> {
  const found: Found[] = []
  for (const source of sources) {
    const top = { path: nameOf(source), source: resolve(cwd, source) }
    for await (const entry of walk({ ...top, stats: await statOf(source, top.source) })) {
      signal.throwIfAborted()
      found.push(entry)
    }
  }
  refuseCollisions(found)
  const limit = bounded(hashedAtOnce)
  return await Promise.all(found.map(entry => limit(() => withContent(entry, signal))))
}

interface Found {
  readonly path: string
  readonly source: string
  readonly stats: Stats
}

async function* walk(entry: Found): AsyncGenerator<Found> {
  const { path, source, stats } = entry
  if (typeOfMode(stats.mode) === 'special') {
    throw new OpsError('E_USAGE', `${source} is a ${kindOfMode(stats.mode)}`, {
      hint: 'only files, directories and symbolic links can be copied',
    })
  }
  if (path !== '') yield entry
  if (!stats.isDirectory()) return
  for (const name of (await readable(source, readdir(source))).sort()) {
    const child = join(source, name)
    yield* walk({ path: path === '' ? name : `${path}/${name}`, source: child, stats: await childStats(child, name) })
  }
}

async function statOf(typed: string, source: string): Promise<Stats> {
  const stats = await readable(typed, stat(source))
  if (typed.endsWith('/') && !stats.isDirectory()) throw new OpsError('E_USAGE', `${typed} is not a directory`)
  return stats
}

async function childStats(path: string, name: string): Promise<Stats> {
  try {
    return await lstat(path)
  } catch (error) {
    // A name that is no UTF-8 arrives with a replacement character, under which nothing is found.
    if (errnoOf(error) === 'ENOENT' && name.includes('\ufffd'))
      throw new OpsError('E_USAGE', `${path}: the name is not UTF-8`, { hint: 'rename it, or copy an archive of it' })
    return readable(path, Promise.reject(error))
  }
}

async function withContent({ path, source, stats }: Found, signal: AbortSignal): Promise<LocalEntry> {
  const type = typeOfMode(stats.mode)
  const entry = { path, source, type, mode: stats.mode & 0o7777, mtimeMs: stats.mtimeMs, size: 0 }
  if (type === 'symlink') return { ...entry, target: await readable(source, readlink(source)) }
  if (type !== 'file') return entry
  return { ...entry, ...(await readable(source, digestOf(source, signal))) }
}

/** SHA-256 of a file and the bytes that were hashed. */
export async function digestOf(path: string, signal: AbortSignal): Promise<{ readonly sha256: string; readonly size: number }> {
  const hash = createHash('sha256')
  let size = 0
  for await (const bytes of pieces(path, { reuse: true })) {
    signal.throwIfAborted()
    hash.update(bytes)
    size += bytes.length
  }
  return { sha256: hash.digest('hex'), size }
}

/**
 * The content of an entry in pieces, each in its own memory, since who takes them may keep them for a while. Only as much as was hashed: a
 * log may have grown since.
 */
export const contentOf = ({ source, size }: LocalEntry): AsyncGenerator<Uint8Array> => pieces(source, { limit: size })

const pieceBytes = 128 * 1024

/** With `reuse` each piece stands in the memory of the one before. */
async function* pieces(
  path: string,
  { reuse = false, limit = Number.POSITIVE_INFINITY }: { readonly reuse?: boolean; readonly limit?: number },
): AsyncGenerator<Uint8Array> {
  await using file = await open(path)
  const { size } = await file.stat()
  const memoryBytes = Math.max(4096, Math.min(pieceBytes, size))
  let memory = Buffer.allocUnsafeSlow(memoryBytes)
  for (let left = limit; left > 0; ) {
    const { bytesRead } = await file.read(memory, 0, Math.min(memoryBytes, left))
    if (bytesRead === 0) return
    yield memory.subarray(0, bytesRead)
    left -= bytesRead
    if (!reuse) memory = Buffer.allocUnsafeSlow(memoryBytes)
  }
}

function refuseCollisions(entries: readonly Found[]): void {
  const seen = new Map<string, string>()
  for (const { path, source } of entries) {
    const other = seen.get(path)
    if (other !== undefined)
      throw new OpsError('E_USAGE', `${other} and ${source} would both become ${path}`, { hint: 'copy them one after the other' })
    seen.set(path, source)
  }
}

/** @throws OpsError E_USAGE with the path instead of the error of the file system */
async function readable<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (cause) {
    if (cause instanceof OpsError || errnoOf(cause) === undefined) throw cause
    const why = errnoOf(cause) === 'ENOENT' ? 'no such file or directory' : cause instanceof Error ? cause.message : String(cause)
    throw new OpsError('E_USAGE', `${path}: ${why}`, { cause })
  }
}

import { createHash, type Hash, randomBytes } from 'node:crypto'
import type { Stats } from 'node:fs'
import { chmod, type FileHandle, lstat, mkdir, open, readlink, rename, rm, stat, symlink, utimes } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { errnoOf } from '../core/errno.ts'
import { OpsError } from '../core/errors.ts'
import { TransportError } from '../core/transport.ts'
import { bounded } from '../run/bounded.ts'
import { cannotWrite } from '../run/cannot-write.ts'
import { writeAll } from '../run/write-all.ts'
import type { FileTaker } from '../transport/archive.ts'
import type { Entry } from './entry.ts'
import { digestOf } from './local-tree.ts'

/** An entry and its place below the directory into which is copied. */
export interface Landed extends Entry {
  readonly to: string
}

/** Set-user-id bits of a foreign file would hand out the rights of whoever copies it. */
const keptBits = 0o777

/** The directory of this machine into which files of a host are copied. */
export class Landing {
  readonly #base: string
  readonly #signal: AbortSignal

  constructor(base: string, signal: AbortSignal) {
    this.#base = base
    this.#signal = signal
  }

  /** The entries that are not here yet with the same content and mode. */
  async missing<T extends Landed>(entries: readonly T[]): Promise<T[]> {
    const limit = bounded(4)
    const same = await Promise.all(entries.map(entry => limit(() => this.#isSame(entry))))
    return entries.filter((_, index) => !same[index])
  }

  /** A private directory beside the destination, gone at the end of the block. @throws OpsError E_OUTPUT */
  async stage(): Promise<Stage> {
    const anchor = await nearestDirectory(this.#base)
    const path = join(anchor, `.opsctl-${randomBytes(8).toString('hex')}`)
    await writing(path, mkdir(path, { mode: 0o700 }))
    return new Stage(path, this.#base)
  }

  async #isSame(entry: Landed): Promise<boolean> {
    const path = join(this.#base, entry.to)
    const found = await lstat(path).catch(() => undefined)
    if (!found) return false
    if (entry.type === 'directory') return found.isDirectory()
    if (entry.type === 'symlink') return found.isSymbolicLink() && (await readlink(path)) === entry.target
    if (!found.isFile() || found.size !== entry.size || (found.mode & 0o7777) !== (entry.mode & keptBits)) return false
    const digest = await digestOf(path, this.#signal).catch(() => undefined)
    return digest?.sha256 === entry.sha256
  }
}

/** Files on their way: under numbers, so that no name of a host means anything here before it is put in place. */
export class Stage implements AsyncDisposable {
  readonly #path: string
  readonly #base: string
  readonly #numbers = new Map<Landed, number>()

  constructor(path: string, base: string) {
    this.#path = path
    this.#base = base
  }

  /** Takes the content of a file; taken again, it starts anew. @throws OpsError E_OUTPUT */
  async take(file: Landed): Promise<StagedFile> {
    const shown = join(this.#base, file.to)
    return new StagedFile(shown, await writing(shown, open(this.#pathOf(file), 'w', 0o600)))
  }

  /**
   * Puts everything in place: each file by one rename, links as links, modes and times kept.
   * @throws TransportError for a destination that is of another kind, OpsError E_OUTPUT
   */
  async commit(entries: readonly Landed[]): Promise<void> {
    await writing(this.#base, mkdir(this.#base, { recursive: true }))
    const made: Landed[] = []
    const checked = new Set<string>([''])
    for (const entry of entries) {
      const parts = entry.to.split('/')
      for (let depth = 1; depth < parts.length; depth++) await this.#demandDirectory(parts.slice(0, depth).join('/'), checked)
      if (entry.type !== 'directory') await this.#place(entry)
      else if (await this.#makeDirectory(entry.to)) made.push(entry)
    }
    // Last, since a mode may forbid to write there, and children change the time.
    for (const entry of made.reverse()) await this.#finish(join(this.#base, entry.to), entry)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#path, { recursive: true, force: true })
  }

  #pathOf(entry: Landed): string {
    const number = this.#numbers.get(entry) ?? this.#numbers.size
    this.#numbers.set(entry, number)
    return join(this.#path, String(number))
  }

  /** A link in place of a directory would lead outside. */
  async #demandDirectory(to: string, checked: Set<string>): Promise<void> {
    if (checked.has(to)) return
    const path = join(this.#base, to)
    const stats = await found(path)
    if (stats === undefined) await writing(path, mkdir(path))
    else refuseUnlessDirectory(path, stats)
    checked.add(to)
  }

  /** False when it was there. */
  async #makeDirectory(to: string): Promise<boolean> {
    const path = join(this.#base, to)
    const stats = await found(path)
    if (stats === undefined) await writing(path, mkdir(path, { mode: 0o700 }))
    else refuseUnlessDirectory(path, stats)
    return stats === undefined
  }

  async #place(entry: Landed): Promise<void> {
    const path = join(this.#base, entry.to)
    const staged = this.#pathOf(entry)
    if (entry.type === 'symlink') await writing(path, symlink(entry.target ?? '', staged))
    else await this.#finish(staged, entry)
    if ((await found(path))?.isDirectory())
      throw new TransportError('transfer', `${path} is a directory here and a ${entry.type} there`)
    await writing(path, rename(staged, path))
  }

  async #finish(path: string, { mode, mtimeMs }: Entry): Promise<void> {
    if (mtimeMs !== undefined) await writing(path, utimes(path, mtimeMs / 1000, mtimeMs / 1000))
    await writing(path, chmod(path, mode & keptBits))
  }
}

/** A file that is hashed while it is written. */
export class StagedFile implements FileTaker {
  readonly #shown: string
  readonly #hash: Hash = createHash('sha256')
  #handle: FileHandle | undefined
  #sha256: string | undefined

  constructor(shown: string, handle: FileHandle) {
    this.#shown = shown
    this.#handle = handle
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#handle === undefined) return
    this.#hash.update(bytes)
    await writing(this.#shown, writeAll(this.#handle, bytes))
  }

  async close(): Promise<void> {
    const handle = this.#handle
    this.#handle = undefined
    if (handle) await writing(this.#shown, handle.close())
  }

  /** Of everything that was written. */
  sha256(): string {
    this.#sha256 ??= this.#hash.digest('hex')
    return this.#sha256
  }
}

function refuseUnlessDirectory(path: string, stats: Stats): void {
  if (stats.isDirectory()) return
  const kind = stats.isSymbolicLink() ? 'a symbolic link, which is not followed,' : 'a file'
  throw new TransportError('transfer', `${path} is ${kind} here and a directory there`)
}

async function nearestDirectory(path: string): Promise<string> {
  for (let at = path; ; at = dirname(at)) {
    const stats = await found(at, stat)
    if (stats?.isDirectory()) return at
    if (stats) throw cannotWrite({ path, error: new Error(`${at} is not a directory`) })
  }
}

/** undefined for what is not there. @throws OpsError E_OUTPUT */
async function found(path: string, ask: (path: string) => Promise<Stats> = lstat): Promise<Stats | undefined> {
  const asked = ask(path).catch(error => {
    if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) return undefined
    throw error
  })
  return await writing(path, asked)
}

/** @throws OpsError E_OUTPUT with the path */
async function writing<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw error instanceof OpsError ? error : cannotWrite({ path, error })
  }
}

import { createReadStream } from 'node:fs'
import { access, link, rm, stat, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { pipeline } from 'node:stream'
import { createGzip, createZstdCompress } from 'node:zlib'
import type { Clock } from '../../../core/clock.ts'
import type { Log } from '../../../core/io.ts'
import { writeFileAtomic } from '../../../run/atomic-write.ts'
import type { FileName } from './file-name.ts'
import { LogFile, syncDirectory } from './log-file.ts'
import type { OwnFiles } from './own-files.ts'

export interface FileWishes {
  readonly name: FileName
  readonly mode: number
  readonly makesDirectories: boolean
  /** A file that has so many is done. */
  readonly maxBytes: number
  readonly compress: 'none' | 'gzip' | 'zstd'
  /** Of files that are done: how many, and for how long, milliseconds. */
  readonly keep: number
  readonly keepMs: number
}

interface FileSetPlace {
  readonly clock: Clock
  readonly log: Log
  readonly own: OwnFiles
}

/** The files of one sink: begins new ones, and packs and removes those that are done. */
export class FileSet {
  readonly #wishes: FileWishes
  readonly #place: FileSetPlace
  #tidying: Promise<void> | undefined
  /** Something may be to do: at the start, and when a file is done. */
  #isTidyDue = true
  #tidiedAt = 0
  readonly #ending = new AbortController()

  constructor(wishes: FileWishes, place: FileSetPlace) {
    this.#wishes = wishes
    this.#place = place
  }

  /** What others began is gone on with, and stays theirs. */
  async begin(): Promise<LogFile> {
    const { name, mode } = this.#wishes
    const begun = this.#place.clock.now()
    const file = await LogFile.open(name.at(begun), { mode, begun })
    try {
      if (file.written === 0) await this.#place.own.add(file.path, file.inode)
      return file
    } catch (error) {
      await file[Symbol.asyncDispose]()
      throw error
    }
  }

  /** The file to go on with where that one is done, all of which is acknowledged. */
  async next(file: LogFile): Promise<LogFile | undefined> {
    const { name, maxBytes } = this.#wishes
    const { clock, log } = this.#place
    const now = clock.now()
    const isSound = await file.isSound()
    const isOver = file.written > 0 && (file.written >= maxBytes || name.period(file.begun) !== name.period(now))
    if (isSound && !isOver) {
      this.#tidySoon(file.path)
      return undefined
    }
    if (!isSound) {
      log('warn', 'the file was moved or written by others: a new one is begun', { path: file.path })
      await setAside(file.path, now)
    } else if (file.path === name.at(now)) await this.#roll(file)
    this.#isTidyDue = true
    return this.begin()
  }

  async close(): Promise<void> {
    this.#ending.abort()
    await this.#tidying
  }

  async #roll({ path, begun, inode }: LogFile): Promise<void> {
    const { name } = this.#wishes
    const { own } = this.#place
    for (let again = 0; ; again++) {
      const target = name.rolled(begun, again)
      if ((await isThere(target)) || (await isThere(`${target}.gz`)) || (await isThere(`${target}.zst`))) continue
      if (own.has(path, inode)) await own.add(target, inode)
      await link(path, target)
      await unlink(path)
      await syncDirectory(dirname(path))
      return
    }
  }

  #tidySoon(active: string): void {
    const { clock, log } = this.#place
    const { compress, keep, keepMs } = this.#wishes
    const isOff = compress === 'none' && keep === Number.POSITIVE_INFINITY && keepMs === Number.POSITIVE_INFINITY
    if (isOff || this.#tidying || (!this.#isTidyDue && clock.monotonic() - this.#tidiedAt < 60_000)) return
    this.#isTidyDue = false
    this.#tidiedAt = clock.monotonic()
    this.#tidying = this.#tidy(active)
      .catch(error => {
        if (!this.#ending.signal.aborted) log('warn', 'a file that is done could not be packed', { problem: String(error) })
      })
      .finally(() => {
        this.#tidying = undefined
      })
  }

  async #tidy(active: string): Promise<void> {
    const { keep, keepMs, compress, name } = this.#wishes
    for (const path of await this.#done(active)) {
      if (this.#ending.signal.aborted) return
      if (compress !== 'none' && name.isOwn(basename(path)) === 'plain') await this.#pack(path, compress)
    }
    const done = await this.#done(active)
    const oldest = this.#place.clock.now() - keepMs
    for (const [index, path] of done.entries())
      if (index < done.length - keep || (await stat(path)).mtimeMs < oldest) await unlink(path)
  }

  /** Our files that are done, the oldest first. */
  async #done(active: string): Promise<string[]> {
    const { name } = this.#wishes
    const found = await this.#place.own.present(each => name.isOwn(each) !== undefined)
    return found
      .filter(({ path }) => path !== active)
      .sort((a, b) => a.at - b.at || (a.path < b.path ? -1 : 1))
      .map(({ path }) => path)
  }

  /** The plain file is there until the packed one is there for good. */
  async #pack(path: string, how: 'gzip' | 'zstd'): Promise<void> {
    const packer = how === 'gzip' ? createGzip() : createZstdCompress()
    const plain = createReadStream(path, { signal: this.#ending.signal })
    // Whoever reads what is packed is told of what fails, also when that was before it began to read.
    const packed = pipeline(plain, packer, () => {})
    const target = `${path}${how === 'gzip' ? '.gz' : '.zst'}`
    const hidden = join(dirname(path), `.${basename(target)}.new`)
    await writeFileAtomic(hidden, packed, { mode: this.#wishes.mode })
    try {
      const inode = await inodeOf(hidden)
      if (await isThere(target)) {
        // Of others, and then both stay; or ours, of a process that ended before it removed the plain one.
        if (!this.#place.own.has(target, await inodeOf(target))) return
      } else {
        await this.#place.own.add(target, inode)
        await link(hidden, target)
        await syncDirectory(dirname(path))
      }
      await unlink(path)
    } finally {
      await rm(hidden, { force: true })
    }
  }
}

/** Out of the way, under a name that is nobody's: it is never cut, packed or removed. */
export async function setAside(path: string, now: number): Promise<void> {
  if (!(await isThere(path))) return
  for (let again = 0; ; again++) {
    const target = `${path}.aside-${now}${again > 0 ? `.${again}` : ''}`
    if (await isThere(target)) continue
    await link(path, target)
    await unlink(path)
    await syncDirectory(dirname(path))
    return
  }
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

const inodeOf = async (path: string): Promise<string> => String((await stat(path, { bigint: true })).ino)

import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import { errnoOf } from '../../../core/errno.ts'
import type { Log } from '../../../core/io.ts'
import { writeFileAtomic } from '../../../run/atomic-write.ts'

const files = z.array(z.tuple([z.string(), z.string()]))
const remembered = z.union([
  z.object({ files, left: z.tuple([z.string(), z.string(), z.number()]).optional() }),
  // Of versions that did not remember how they left a file.
  files.transform(each => ({ files: each, left: undefined })),
])

/** A file by its name in the directory and its inode: a name alone may be anybody's. */
type OwnFile = readonly [name: string, inode: string]
/** And how long it was. */
type LeftFile = readonly [...OwnFile, bytes: number]

/**
 * Which files of the directory the sink has made, and how it left the last one, in a hidden file beside them. Only these are packed and removed: what others keep there
 * under such a name is theirs, and so is what was there before the sink.
 */
export class OwnFiles {
  readonly #path: string
  #files: readonly OwnFile[]
  #left: LeftFile | undefined
  #saving: Promise<void> = Promise.resolve()

  private constructor(
    path: string,
    { files, left }: { readonly files: readonly OwnFile[]; readonly left?: LeftFile | undefined },
  ) {
    this.#path = path
    this.#files = files
    this.#left = left
  }

  /** Of the sink that writes to this path. */
  static async open(path: string, log: Log): Promise<OwnFiles> {
    const list = join(dirname(path), `.${basename(path)}.files`)
    try {
      return new OwnFiles(list, remembered.parse(JSON.parse(await readFile(list, 'utf8'))))
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT')
        log('warn', 'the list of our files can not be read: those of before are kept', { path: list })
      return new OwnFiles(list, { files: [] })
    }
  }

  has(path: string, inode: string): boolean {
    return this.#files.some(([name, each]) => name === basename(path) && each === inode)
  }

  /** Remembered for good when it settles. */
  async add(path: string, inode: string): Promise<void> {
    if (!this.has(path, inode)) await this.#save([...this.#files, [basename(path), inode]])
  }

  /** How long a file was when it was left in good order; undefined where it was not, and from now on. */
  async takeUp(path: string, inode: string): Promise<number | undefined> {
    if (this.#left === undefined) return undefined
    const [name, each, bytes] = this.#left
    this.#left = undefined
    // A full disk is no reason not to begin: it is tried again with the next file.
    await this.#save(this.#files).catch(() => {})
    return name === basename(path) && each === inode ? bytes : undefined
  }

  /** Nothing is written to it for now: it is as long as that. */
  async leave(path: string, inode: string, bytes: number): Promise<void> {
    this.#left = [basename(path), inode, bytes]
    await this.#save(this.#files)
  }

  /** Paths of those that are there, which were made here and whose name is one of these; forgets those that are gone. */
  async present(isName: (name: string) => boolean): Promise<{ readonly path: string; readonly at: number }[]> {
    const directory = dirname(this.#path)
    const names = new Set(await readdir(directory))
    const before = this.#files
    const found = await Promise.all(
      before.map(async own => {
        const path = join(directory, own[0])
        const entry = names.has(own[0]) ? await stat(path, { bigint: true }).catch(() => undefined) : undefined
        return entry?.isFile() && String(entry.ino) === own[1] ? [{ own, path, at: Number(entry.mtimeMs) }] : []
      }),
    )
    const there = found.flat()
    // A file that was begun meanwhile is of a later list.
    if (there.length < before.length && before === this.#files) await this.#save(there.map(({ own }) => own))
    return there.filter(({ own: [name] }) => isName(name))
  }

  async #save(files: readonly OwnFile[]): Promise<void> {
    this.#files = files
    // One after the other, each what is known then: an older list never replaces a newer one.
    const write = (): Promise<void> =>
      writeFileAtomic(this.#path, JSON.stringify({ files: this.#files, left: this.#left }), { mode: 0o600 })
    this.#saving = this.#saving.then(write, write)
    await this.#saving
  }
}

import { type FSWatcher, watch } from 'node:fs'
import { statfs } from 'node:fs/promises'
import type { Log } from '../../../core/io.ts'

interface WatchesOptions {
  readonly log: Log
  /** Bytes were added to a file, or taken away. */
  readonly onChange: (path: string) => void
  /** Something came, went or is called otherwise. */
  readonly onRename: () => void
}

/** Types of file systems that others change without this machine being told (statfs(2)): NFS, SMB, CIFS, FUSE, 9p, Ceph, AFS, Lustre, GFS2, OCFS2. */
const remoteTypes: ReadonlySet<number> = new Set([
  0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x65735546, 0x01021997, 0x00c36400, 0x5346414f, 0x0bd00bd0, 0x01161970, 0x7461636f,
])

/** Tells when something changes in some directories. */
export class DirectoryWatches implements Disposable {
  readonly #options: WatchesOptions
  readonly #watchers = new Map<string, FSWatcher>()
  readonly #blind = new Set<string>()
  #isToldOf = false

  constructor(options: WatchesOptions) {
    this.#options = options
  }

  /** Some directories are not told of: they are to be looked at. */
  get isBlind(): boolean {
    return this.#blind.size > 0
  }

  /** Those that are on file systems of this machine. */
  get watched(): ReadonlySet<string> {
    return new Set(this.#watchers.keys())
  }

  /** From now on these. True where some are watched that were not: what changed before that nobody told. */
  async watch(directories: ReadonlySet<string>): Promise<boolean> {
    for (const [path, watcher] of this.#watchers) {
      if (directories.has(path)) continue
      watcher.close()
      this.#watchers.delete(path)
    }
    for (const path of this.#blind) if (!directories.has(path)) this.#blind.delete(path)
    const before = this.#watchers.size
    for (const path of directories) if (!this.#watchers.has(path)) await this.#add(path)
    return this.#watchers.size > before
  }

  [Symbol.dispose](): void {
    for (const watcher of this.#watchers.values()) watcher.close()
  }

  async #add(path: string): Promise<void> {
    try {
      const { type } = await statfs(path)
      if (remoteTypes.has(type)) return void this.#blind.add(path)
      const watcher = watch(path, (event, name) => {
        if (event === 'change' && name !== null) this.#options.onChange(`${path === '/' ? '' : path}/${name}`)
        else this.#options.onRename()
      })
      watcher.on('error', () => {
        watcher.close()
        this.#watchers.delete(path)
        this.#options.onRename()
      })
      this.#watchers.set(path, watcher)
      this.#blind.delete(path)
    } catch (error) {
      // One that is not there is looked for again with every scan.
      const code = error instanceof Error && 'code' in error ? error.code : undefined
      if (code === 'ENOENT' || code === 'EACCES' || code === 'ENOTDIR') return
      this.#blind.add(path)
      if (!this.#isToldOf)
        this.#options.log('warn', 'a directory can not be watched: it is looked at every second', { path, problem: code })
      this.#isToldOf = true
    }
  }
}

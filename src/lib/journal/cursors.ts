import { Cursor, createCursorFile, cursorFiles } from './cursor.ts'
import type { JournalDisk } from './disk.ts'
import { stateError } from './state-error.ts'

export interface CursorsOptions {
  readonly disk: JournalDisk
  readonly directory: string
  /** What stands in the directory when it is opened. */
  readonly names: readonly string[]
  readonly syncs: boolean
}

/** The named cursors of a journal that is open for writing. */
export class Cursors implements AsyncDisposable {
  readonly #options: CursorsOptions
  readonly #byName: Map<string, Promise<Cursor>>
  readonly #positions = new Map<string, number>()

  private constructor(options: CursorsOptions, opened: ReadonlyMap<string, Cursor>) {
    this.#options = options
    this.#byName = new Map([...opened].map(([name, cursor]) => [name, Promise.resolve(cursor)]))
    for (const [name, cursor] of opened) this.#positions.set(name, cursor.position)
  }

  /** A cursor beyond `next` consumed records that the crash took: it steps back, so that none of the new ones is skipped. */
  static async open(options: CursorsOptions, next: number): Promise<Cursors> {
    const opened = new Map<string, Cursor>()
    try {
      for (const { name, path } of cursorFiles(options.directory, options.names)) {
        const cursor = await Cursor.open(options.disk, { path, syncs: options.syncs })
        opened.set(name, cursor)
        if (cursor.position > next) await cursor.move(next)
      }
    } catch (error) {
      for (const cursor of opened.values()) await cursor.close()
      throw error
    }
    return new Cursors(options, opened)
  }

  /** By name, as far as they are durable. */
  get positions(): ReadonlyMap<string, number> {
    return this.#positions
  }

  /** Makes the cursor where there is none yet. @throws OpsError E_STATE */
  async move(name: string, position: number): Promise<void> {
    const known = this.#byName.get(name)
    const opening = known ?? this.#create(name, position)
    this.#byName.set(name, opening)
    const cursor = await opening
    if (known) await cursor.move(position)
    this.#positions.set(name, cursor.position)
  }

  /** The lowest position, on disk; Infinity without cursors. Nothing before it is wanted any more, even after a power cut. */
  async consumed(): Promise<number> {
    const lowest = Math.min(Number.POSITIVE_INFINITY, ...this.#positions.values())
    if (!this.#options.syncs) for (const opening of this.#byName.values()) await (await opening).sync()
    return lowest
  }

  async remove(name: string): Promise<void> {
    const opening = this.#byName.get(name)
    if (opening === undefined) return
    this.#byName.delete(name)
    this.#positions.delete(name)
    const cursor = await opening
    await cursor.close()
    try {
      await this.#options.disk.remove(cursor.path)
      await this.#options.disk.syncDirectory(this.#options.directory)
    } catch (error) {
      throw stateError({ doing: 'remove', path: cursor.path, error })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const opening of this.#byName.values()) await (await opening).close()
    this.#byName.clear()
  }

  async #create(name: string, position: number): Promise<Cursor> {
    try {
      const { disk, directory, syncs } = this.#options
      const path = await createCursorFile(disk, { directory, name, position })
      return await Cursor.open(disk, { path, syncs })
    } catch (error) {
      this.#byName.delete(name)
      throw stateError({ doing: 'make a cursor in', path: this.#options.directory, error })
    }
  }
}

import { type FileHandle, open } from 'node:fs/promises'
import { Semaphore } from './semaphore.ts'
import { writeAll } from './write-all.ts'

export interface AppendTarget {
  readonly path: string
  readonly mode: number
  /** Set for the first append: `wx` makes a new file, `w` empties an existing one. Absent, the file must exist. */
  readonly create?: 'wx' | 'w'
}

/**
 * Appends to any number of files with a bounded number of them open: the least recently used idle one gives way. A thousand streams
 * must not use up the file descriptors that connections need, and opening a file for every piece costs three times the write.
 */
export class AppendFiles implements AsyncDisposable {
  readonly #limit: number
  readonly #turns: Semaphore
  readonly #never = new AbortController().signal
  /** Least recently used first. */
  readonly #open = new Map<string, Promise<FileHandle>>()
  readonly #busy = new Set<string>()

  constructor(limit: number) {
    this.#limit = limit
    this.#turns = new Semaphore(limit)
  }

  /** One append at a time for each path. */
  async append(target: AppendTarget, bytes: Uint8Array): Promise<void> {
    using _turn = await this.#turns.acquire(1, this.#never)
    this.#busy.add(target.path)
    try {
      await writeAll(await this.#handle(target), bytes)
    } finally {
      this.#busy.delete(target.path)
    }
  }

  async close(path: string): Promise<void> {
    const handle = this.#open.get(path)
    this.#open.delete(path)
    await (await handle)?.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const path of [...this.#open.keys()]) await this.close(path)
  }

  #handle(target: AppendTarget): Promise<FileHandle> {
    const opening = this.#open.get(target.path) ?? this.#openInPlaceOfIdle(target)
    this.#open.delete(target.path)
    this.#open.set(target.path, opening)
    return opening
  }

  /** Whoever has a turn and no file finds an idle one when all are open, because there are as many turns as files. */
  async #openInPlaceOfIdle({ path, mode, create }: AppendTarget): Promise<FileHandle> {
    const idle = this.#open.size < this.#limit ? undefined : [...this.#open.keys()].find(other => !this.#busy.has(other))
    try {
      if (idle !== undefined) await this.close(idle)
      return await open(path, create ?? 'a', mode)
    } catch (error) {
      this.#open.delete(path)
      throw error
    }
  }
}

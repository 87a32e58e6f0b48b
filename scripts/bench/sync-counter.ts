import { type FileHandle, open } from 'node:fs/promises'

type Sync = () => Promise<void>

/** Counts the fsyncs and fdatasyncs that this process asks for through node:fs, until it is disposed. */
export class SyncCounter implements Disposable {
  count = 0
  readonly #prototype: FileHandle
  readonly #originals: ReadonlyMap<'sync' | 'datasync', Sync>

  private constructor(prototype: FileHandle) {
    this.#prototype = prototype
    this.#originals = new Map([
      ['sync', prototype.sync],
      ['datasync', prototype.datasync],
    ])
    const counter = this
    for (const [name, original] of this.#originals) {
      prototype[name] = function (this: FileHandle) {
        counter.count++
        return original.call(this)
      }
    }
  }

  static async start(): Promise<SyncCounter> {
    await using file = await open(import.meta.path, 'r')
    return new SyncCounter(Object.getPrototypeOf(file))
  }

  [Symbol.dispose](): void {
    for (const [name, original] of this.#originals) this.#prototype[name] = original
  }
}

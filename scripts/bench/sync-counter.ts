import fs from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'

/** Counts the fsyncs and fdatasyncs that this process asks for through node:fs, until it is disposed. */
export class SyncCounter implements Disposable {
  count = 0
  readonly #restore: (() => void)[] = []

  private constructor(prototype: FileHandle) {
    for (const name of ['sync', 'datasync'] as const) this.#countCalls(prototype, name)
    for (const name of ['fsync', 'fdatasync'] as const) this.#countCalls(fs, name)
  }

  static async start(): Promise<SyncCounter> {
    await using file = await open(import.meta.path, 'r')
    return new SyncCounter(Object.getPrototypeOf(file))
  }

  [Symbol.dispose](): void {
    for (const restore of this.#restore) restore()
  }

  #countCalls<Name extends string>(owner: Record<Name, (...given: never[]) => unknown>, name: Name): void {
    const original = owner[name]
    const counter = this
    owner[name] = function (this: unknown, ...given: never[]) {
      counter.count++
      return original.apply(this, given)
    }
    this.#restore.push(() => {
      owner[name] = original
    })
  }
}

import type { FileHandle } from 'node:fs/promises'
import type { ByteSource } from '../byte-source.ts'
import { uncompressed } from '../plain-source.ts'
import { bytesOf } from './file-look.ts'

/** The bytes of a stream by their places in it. */
export interface Reach extends AsyncDisposable {
  /** Fills `into` from a place on, as far as there is something. */
  read(into: Uint8Array, at: number): Promise<number>
  /** How many names the file has. */
  links(): Promise<number>
}

export const plainReach = (handle: FileHandle): Reach => ({
  async read(into, at) {
    let filled = 0
    while (filled < into.length) {
      const { bytesRead } = await handle.read(into, filled, into.length - filled, at + filled)
      filled += bytesRead
      if (bytesRead < into.length) break
    }
    return filled
  },
  links: async () => (await handle.stat()).nlink,
  [Symbol.asyncDispose]: () => handle.close(),
})

/** What is compressed is read one way: places never go back behind the one that was asked for last. */
export class InflatedReach implements Reach {
  readonly #handle: FileHandle
  readonly #plain: ByteSource
  #held = new Uint8Array()
  /** Where what is held begins. */
  #from = 0

  constructor(handle: FileHandle, compression: 'gzip' | 'zstd') {
    this.#handle = handle
    this.#plain = uncompressed(bytesOf(handle), compression)
  }

  async read(into: Uint8Array, at: number): Promise<number> {
    await this.#passOver(at)
    let filled = Math.min(this.#held.length, into.length)
    into.set(this.#held.subarray(0, filled))
    while (filled < into.length) {
      const read = await this.#plain.read(into.subarray(filled))
      if (read === 0) break
      filled += read
    }
    this.#held = into.slice(0, filled)
    return filled
  }

  async links(): Promise<number> {
    return (await this.#handle.stat()).nlink
  }

  async #passOver(at: number): Promise<void> {
    const known = Math.min(at - this.#from, this.#held.length)
    this.#held = this.#held.subarray(known)
    this.#from += known
    const over = new Uint8Array(Math.min(at - this.#from, 64 * 1024))
    while (this.#from < at) {
      const read = await this.#plain.read(over.subarray(0, at - this.#from))
      if (read === 0) return
      this.#from += read
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#plain[Symbol.asyncDispose]()
    await this.#handle.close()
  }
}

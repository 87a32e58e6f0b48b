import { type FileHandle, open, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/** What is remembered of the file: how much of it is acknowledged. */
export interface FileState {
  readonly path: string
  readonly inode: string
  readonly bytes: number
  /** When it was begun, milliseconds since the epoch. */
  readonly begun: number
}

/** The file that is written, from its end on. */
export class LogFile implements AsyncDisposable {
  readonly path: string
  readonly begun: number
  readonly inode: string
  readonly #handle: FileHandle
  /** What is in it, bytes, and how much of that survives a power cut. */
  #written: number
  #safe: number

  private constructor(handle: FileHandle, parts: { path: string; inode: string; bytes: number; begun: number }) {
    this.#handle = handle
    this.path = parts.path
    this.inode = parts.inode
    this.begun = parts.begun
    this.#written = parts.bytes
    this.#safe = parts.bytes
  }

  /** Opens it, and makes it where it is missing; durable when it settles. */
  static async open(path: string, { mode, begun }: { readonly mode: number; readonly begun: number }): Promise<LogFile> {
    const handle = await open(path, 'a', mode)
    try {
      const found = await handle.stat({ bigint: true })
      if (!found.isFile()) throw new Error(`${path} is no regular file`)
      await handle.datasync()
      await syncDirectory(dirname(path))
      return new LogFile(handle, { path, inode: String(found.ino), bytes: Number(found.size), begun })
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  get written(): number {
    return this.#written
  }

  get unsafe(): number {
    return this.#written - this.#safe
  }

  state(bytes = this.#safe): FileState {
    return { path: this.path, inode: this.inode, bytes, begun: this.begun }
  }

  async write(parts: readonly Uint8Array[]): Promise<void> {
    const bytes = parts.reduce((sum, part) => sum + part.length, 0)
    let rest = [...parts]
    for (let left = bytes; left > 0; ) {
      const { bytesWritten } = await this.#handle.writev(rest)
      left -= bytesWritten
      if (left > 0) rest = behind(rest, bytesWritten)
    }
    this.#written += bytes
  }

  /** What was written so far survives a power cut when it settles: so many bytes of the file, to be kept by `keep`. */
  async sync(): Promise<number> {
    const { written } = this
    await this.#handle.datasync()
    return written
  }

  /** So many bytes are never taken back. */
  keep(bytes: number): void {
    this.#safe = bytes
  }

  /** Cuts it to a length, durably. */
  async cut(bytes: number): Promise<void> {
    await this.#handle.truncate(bytes)
    await this.#handle.datasync()
    this.#written = bytes
    this.#safe = bytes
  }

  /** Takes back what is not safe: a write that failed may have left a part. */
  cutBack(): Promise<void> {
    return this.cut(this.#safe)
  }

  /** Whether it is still what its name says and as long as it was made here. */
  async isSound(): Promise<boolean> {
    const found = await stat(this.path, { bigint: true }).catch(() => undefined)
    return found !== undefined && String(found.ino) === this.inode && Number(found.size) === this.#written
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#handle.close()
  }
}

/** What is left of them behind so many bytes. */
function behind(parts: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let skip = bytes
  return parts.flatMap(part => {
    const taken = Math.min(skip, part.length)
    skip -= taken
    return taken < part.length ? [part.subarray(taken)] : []
  })
}

export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

import { mkdir, open, rm, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { OpsError } from '../core/errors.ts'
import { AppendFiles, type AppendTarget } from './append-files.ts'

/** The files of an output store: those of its own directory, which is removed with all in it at the end, and those that are kept. */
export class SpillFiles implements AsyncDisposable {
  readonly #directory: string
  readonly #files: AppendFiles
  #made: Promise<unknown> | undefined
  #spilled = 0

  constructor({ directory, maxFiles }: { readonly directory: string; readonly maxFiles: number }) {
    this.#directory = directory
    this.#files = new AppendFiles(maxFiles)
  }

  /** A new path in the directory, which exists from then on. */
  async newPath(): Promise<string> {
    this.#made ??= mkdir(this.#directory, { recursive: true, mode: 0o700 })
    await this.#made
    return join(this.#directory, String(++this.#spilled))
  }

  /** Makes the directory of a file that is kept. */
  async makeParent(path: string): Promise<void> {
    await mkdir(dirname(path), { recursive: true })
  }

  append(target: AppendTarget, bytes: Uint8Array): Promise<void> {
    return this.#files.append(target, bytes)
  }

  close(path: string): Promise<void> {
    return this.#files.close(path)
  }

  /** Its content in pieces. @throws OpsError E_STATE */
  async *read(path: string): AsyncGenerator<Uint8Array> {
    try {
      const handle = await open(path, 'r')
      try {
        for (;;) {
          const { bytesRead, buffer } = await handle.read(new Uint8Array(pieceBytes), 0, pieceBytes)
          if (bytesRead === 0) return
          yield buffer.subarray(0, bytesRead)
        }
      } finally {
        await handle.close()
      }
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      throw new OpsError('E_STATE', `cannot read ${path}: ${why}`, { data: { path }, cause: error })
    }
  }

  /** It need not succeed: the directory goes in the end. */
  async remove(path: string): Promise<void> {
    await unlink(path).catch(() => {})
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#files[Symbol.asyncDispose]()
    if (this.#made) await rm(this.#directory, { recursive: true, force: true })
  }
}

const pieceBytes = 64 * 1024

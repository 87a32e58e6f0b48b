import { mkdir, open, rm, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { OpsError } from '../core/errors.ts'
import type { OutputRef } from '../core/item.ts'
import type { OutputStore, OutputWriter } from '../core/output-store.ts'
import { AppendFiles } from './append-files.ts'
import { MemoryBudget } from './output-buffer.ts'
import { OutputStream, type OutputStreamOptions } from './output-stream.ts'

export interface SpillOptions {
  /** Made with mode 0700 when the first output needs a file, removed with all in it at the end. */
  readonly directory: string
  /** One output in memory; 64 KiB by default. */
  readonly streamBytes?: number
  /** All outputs in memory together; 16 MiB by default. */
  readonly totalBytes?: number
  /** Open at a time; 64 by default. */
  readonly maxFiles?: number
}

/** Remote output by reference: small in memory, large in files of mode 0600, kept or discarded as asked, always with a digest. */
export class SpillingOutputStore implements OutputStore {
  readonly #options: SpillOptions
  readonly #files: AppendFiles
  readonly #budget: MemoryBudget
  readonly #streams = new Map<string, OutputStream>()
  #directory: Promise<unknown> | undefined
  #spilled = 0

  constructor(options: SpillOptions) {
    this.#options = options
    this.#files = new AppendFiles(options.maxFiles ?? 64)
    this.#budget = new MemoryBudget(options.totalBytes ?? 16 * 1024 * 1024)
  }

  open(id: string, options: { readonly keep?: string; readonly discard?: boolean } = {}): OutputWriter {
    if (this.#streams.has(id)) throw new OpsError('E_BUG', `output ${id} was opened twice`)
    const stream = new OutputStream({
      id,
      files: this.#files,
      budget: this.#budget,
      memoryBytes: this.#options.streamBytes ?? 64 * 1024,
      goes: destination(options),
      spillPath: () => this.#spillPath(),
    })
    this.#streams.set(id, stream)
    return stream
  }

  /** Nothing for a discarded output. @throws OpsError E_BUG for one that was released, E_STATE when its file can not be read */
  async *read(ref: OutputRef): AsyncGenerator<Uint8Array> {
    const content = this.#streams.get(ref.id)?.content ?? (ref.file === undefined ? undefined : { file: ref.file })
    if (content === undefined) throw new OpsError('E_BUG', `output ${ref.id} was read after its release`)
    if ('file' in content) yield* readFile(content.file)
    else if (content.memory.length > 0) yield content.memory
  }

  release(ref: OutputRef): void {
    const stream = this.#streams.get(ref.id)
    if (stream === undefined) return
    this.#streams.delete(ref.id)
    void stream.free().then(() => {
      const { content } = stream
      if ('file' in content && !stream.kept) return unlink(content.file).catch(() => {})
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const stream of this.#streams.values()) await stream.free()
    this.#streams.clear()
    await this.#files[Symbol.asyncDispose]()
    if (this.#directory) await rm(this.#options.directory, { recursive: true, force: true })
  }

  async #spillPath(): Promise<string> {
    this.#directory ??= mkdir(this.#options.directory, { recursive: true, mode: 0o700 })
    await this.#directory
    return join(this.#options.directory, String(++this.#spilled))
  }
}

function destination(options: { readonly keep?: string; readonly discard?: boolean }): OutputStreamOptions['goes'] {
  if (options.keep !== undefined) return { to: 'keep', path: options.keep }
  return { to: options.discard ? 'discard' : 'memory' }
}

async function* readFile(path: string): AsyncGenerator<Uint8Array> {
  try {
    const handle = await open(path, 'r')
    try {
      for (;;) {
        const { bytesRead, buffer } = await handle.read(new Uint8Array(64 * 1024), 0, 64 * 1024)
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

import { OpsError } from '../core/errors.ts'
import type { OutputRef } from '../core/item.ts'
import type { OutputStore, OutputWriter } from '../core/output-store.ts'
import { MemoryBudget } from './output-buffer.ts'
import { OutputStream, type OutputStreamOptions } from './output-stream.ts'
import type { SpillFiles } from './spill-files.ts'

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
  readonly #budget: MemoryBudget
  readonly #streams = new Map<string, OutputStream>()
  #files: Promise<SpillFiles> | undefined

  constructor(options: SpillOptions) {
    this.#options = options
    this.#budget = new MemoryBudget(options.totalBytes ?? 16 * 1024 * 1024)
  }

  open(id: string, options: { readonly keep?: string; readonly discard?: boolean } = {}): OutputWriter {
    if (this.#streams.has(id)) throw new OpsError('E_BUG', `output ${id} was opened twice`)
    const stream = new OutputStream({
      id,
      files: () => this.#openFiles(),
      budget: this.#budget,
      memoryBytes: this.#options.streamBytes ?? 64 * 1024,
      goes: destination(options),
    })
    this.#streams.set(id, stream)
    return stream
  }

  /** Nothing for a discarded output. @throws OpsError E_BUG for one that was released, E_STATE when its file can not be read */
  async *read(ref: OutputRef): AsyncGenerator<Uint8Array> {
    const content = this.#streams.get(ref.id)?.content ?? (ref.file === undefined ? undefined : { file: ref.file })
    if (content === undefined) throw new OpsError('E_BUG', `output ${ref.id} was read after its release`)
    if ('file' in content) yield* (await this.#openFiles()).read(content.file)
    else if (content.memory.length > 0) yield content.memory
  }

  release(ref: OutputRef): void {
    const stream = this.#streams.get(ref.id)
    if (stream === undefined) return
    this.#streams.delete(ref.id)
    void stream.free().then(async () => {
      const { content } = stream
      if ('file' in content && !stream.kept) await (await this.#openFiles()).remove(content.file)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const stream of this.#streams.values()) await stream.free()
    this.#streams.clear()
    await (await this.#files)?.[Symbol.asyncDispose]()
  }

  /** Loaded with the first output that does not stay in memory: most runs have none. */
  #openFiles(): Promise<SpillFiles> {
    const { directory, maxFiles = 64 } = this.#options
    this.#files ??= import('./spill-files.ts').then(({ SpillFiles }) => new SpillFiles({ directory, maxFiles }))
    return this.#files
  }
}

function destination(options: { readonly keep?: string; readonly discard?: boolean }): OutputStreamOptions['goes'] {
  if (options.keep !== undefined) return { to: 'keep', path: options.keep }
  return { to: options.discard ? 'discard' : 'memory' }
}

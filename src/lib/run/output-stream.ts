import type { Hash } from 'node:crypto'
import { OpsError } from '../core/errors.ts'
import type { OutputRef } from '../core/item.ts'
import type { OutputWriter } from '../core/output-store.ts'
import { sha256, sha256OfNothing } from '../core/sha256.ts'
import { cannotWrite } from './cannot-write.ts'
import { type MemoryBudget, OutputBuffer } from './output-buffer.ts'
import type { SpillFiles } from './spill-files.ts'

export interface OutputStreamOptions {
  readonly id: string
  readonly files: () => Promise<SpillFiles>
  readonly budget: MemoryBudget
  /** More than this goes to a file. */
  readonly memoryBytes: number
  /** 'memory' turns into a spill file when it grows; 'discard' is only counted and hashed. */
  readonly goes: { readonly to: 'memory' } | { readonly to: 'discard' } | { readonly to: 'keep'; readonly path: string }
}

/** One output as it arrives: hashed, counted, and held in memory or appended to a file. */
export class OutputStream implements OutputWriter {
  readonly #options: OutputStreamOptions
  #hash: Hash | undefined
  readonly #buffer: OutputBuffer
  #bytes = 0
  #path: string | undefined
  #created = false
  /** Something came that memory has no room for, or that people follow. */
  #urgent = false
  #writing: Promise<void> | undefined
  #failure: OpsError | undefined
  #ref: OutputRef | undefined

  constructor(options: OutputStreamOptions) {
    this.#options = options
    this.#buffer = new OutputBuffer(options.budget)
    if (options.goes.to === 'keep') this.#path = options.goes.path
  }

  /** Where the content is now. */
  get content(): { readonly file: string } | { readonly memory: Uint8Array } {
    return this.#created && this.#path !== undefined ? { file: this.#path } : { memory: this.#buffer.content }
  }

  get kept(): boolean {
    return this.#options.goes.to === 'keep'
  }

  /** @throws OpsError E_OUTPUT, through the promise, also for a failure of an earlier piece that nobody waited for */
  write(bytes: Uint8Array): void | Promise<void> {
    if (this.#ref) return Promise.reject(new OpsError('E_BUG', `output ${this.#options.id} was written to after its end`))
    if (this.#failure) return Promise.reject(this.#failure)
    this.#hash ??= sha256()
    this.#hash.update(bytes)
    this.#bytes += bytes.length
    if (this.#options.goes.to === 'discard') return
    const inMemory = this.#buffer.length + bytes.length <= this.#options.memoryBytes && this.#buffer.tryAppend(bytes)
    if (!inMemory) this.#buffer.append(bytes)
    if (inMemory && !this.kept) return
    this.#urgent = true
    const writing = this.#startWriting()
    if (!inMemory) return writing
  }

  async close(): Promise<OutputRef> {
    if (this.#ref) return this.#ref
    await this.#writing
    if (this.#failure) throw this.#failure
    if (this.kept || this.#path !== undefined) await this.#startWriting()
    if (this.#path === undefined) this.#buffer.trim()
    else await (await this.#options.files()).close(this.#path)
    const { id, goes } = this.#options
    const digest = this.#hash?.digest('hex') ?? sha256OfNothing
    this.#ref = { id, bytes: this.#bytes, sha256: digest, ...(goes.to === 'keep' && { file: goes.path }) }
    return this.#ref
  }

  /** Frees memory and file handle; settles once nothing is under way any more. */
  async free(): Promise<void> {
    await this.#writing?.catch(() => {})
    this.#buffer.take()
    if (this.#path !== undefined) await (await this.#options.files()).close(this.#path).catch(() => {})
  }

  #startWriting(): Promise<void> {
    if (this.#writing) return this.#writing
    const writing = this.#writeOut()
      .catch(error => {
        this.#buffer.take()
        this.#failure = error instanceof OpsError ? error : cannotWrite({ path: this.#path ?? this.#options.id, error })
        throw this.#failure
      })
      .finally(() => {
        this.#writing = undefined
      })
    // Nobody may be waiting for this piece: the failure is told to the next one.
    writing.catch(() => {})
    this.#writing = writing
    return writing
  }

  /** Everything that is there, and what urgent came in the meantime. */
  async #writeOut(): Promise<void> {
    const files = await this.#options.files()
    do {
      this.#urgent = false
      const path = await this.#ensurePath(files)
      const create = this.kept ? 'w' : 'wx'
      const mode = this.kept ? 0o666 : 0o600
      const bytes = this.#buffer.take()
      await files.append({ path, mode, ...(!this.#created && { create }) }, bytes)
      this.#created = true
    } while (this.#urgent)
  }

  async #ensurePath(files: SpillFiles): Promise<string> {
    if (this.kept && this.#path !== undefined && !this.#created) await files.makeParent(this.#path)
    this.#path ??= await files.newPath()
    return this.#path
  }
}

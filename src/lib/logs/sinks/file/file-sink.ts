import { type Clock, sleep } from '../../../core/clock.ts'
import { errnoOf } from '../../../core/errno.ts'
import type { Log } from '../../../core/io.ts'
import type { Json } from '../../../core/json.ts'
import type { OpenSink, Parcel, Receipt } from '../../../core/sink.ts'
import type { RecordEncoder } from '../encoded/record-encoding.ts'
import type { FileSet } from './file-set.ts'
import type { FileState, LogFile } from './log-file.ts'
import type { OwnFiles } from './own-files.ts'
import { type Entry, WriteOrder } from './write-order.ts'

export interface FileSinkParts {
  readonly clock: Clock
  readonly log: Log
  readonly files: FileSet
  readonly file: LogFile
  readonly own: OwnFiles
  readonly lock: AsyncDisposable
  readonly encoder: RecordEncoder
}

/** Syncs begin no closer than this: what is written meanwhile has its receipt together. */
const syncMs = 20
const maxUnsafeBytes = 32 * 1024 * 1024
const maxWriteBytes = 8 * 1024 * 1024

/** Writes at once, in the order of the first attempts, and acknowledges what is durable. */
export class FileSink implements OpenSink {
  readonly #parts: FileSinkParts
  readonly #order: WriteOrder
  #file: LogFile
  #writing: Promise<void> | undefined
  #syncing: Promise<void> | undefined
  #lastSync = Number.NEGATIVE_INFINITY
  #isCutDue = false
  readonly #ended = new AbortController()

  constructor(parts: FileSinkParts) {
    this.#parts = parts
    this.#file = parts.file
    this.#order = new WriteOrder(parts.encoder.parcel)
  }

  /** What it wants to be remembered before anything is sent. */
  get state(): Json {
    return { ...this.#file.state() }
  }

  async send(parcels: readonly Parcel[], signal: AbortSignal): Promise<Receipt> {
    const entry = this.#order.place(parcels)
    const settled = Promise.withResolvers<FileState | Error>()
    entry.settle = settled.resolve
    const abort = (): void => {
      entry.settle = undefined
      settled.resolve(signal.reason instanceof Error ? signal.reason : new Error('stopped'))
    }
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    if (entry.isWritten) this.#syncSoon()
    this.#writeSoon()
    const result = await settled.promise
    signal.removeEventListener('abort', abort)
    if (result instanceof Error) return { result: 'later', message: told(result) }
    return { result: 'delivered', state: { ...result } }
  }

  /** Nothing is under way: what is in the file is acknowledged. Gives the state where the file is another one. */
  async tend(): Promise<Json | undefined> {
    if (this.#isCutDue || this.#file.unsafe > 0) return undefined
    const next = await this.#parts.files.next(this.#file)
    if (next === undefined) return undefined
    const before = this.#file
    this.#file = next
    await before[Symbol.asyncDispose]()
    return this.state
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort()
    this.#order.failed(new Error('stopped'), this.#file.written)
    await Promise.all([this.#writing, this.#syncing])
    await this.#parts.files.close()
    const { path, inode, bytes } = this.#file.state()
    if (this.#file.unsafe === 0 && !this.#isCutDue)
      await this.#parts.own.leave(path, inode, bytes).catch(error => {
        this.#parts.log('warn', 'it is not remembered how long a file is', { path, problem: String(error) })
      })
    await this.#file[Symbol.asyncDispose]()
    await this.#parts.lock[Symbol.asyncDispose]()
  }

  #writeSoon(): void {
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined
      if (this.#order.writable(0).length > 0) this.#writeSoon()
    })
  }

  async #write(): Promise<void> {
    try {
      if (this.#isCutDue) await this.#cutBack()
      for (let entries = this.#order.writable(maxWriteBytes); entries.length > 0; entries = this.#order.writable(maxWriteBytes)) {
        let end = this.#file.written
        await this.#file.write(entries.flatMap(({ parts }) => parts))
        for (const entry of entries) {
          end += entry.bytes
          Object.assign(entry, { isWritten: true, end })
        }
        this.#syncSoon()
        if (this.#file.unsafe > maxUnsafeBytes) await this.#syncing
        if (this.#isCutDue) return
      }
    } catch (error) {
      this.#fail(error)
    }
  }

  #syncSoon(): void {
    this.#syncing ??= this.#sync().finally(() => {
      this.#syncing = undefined
      if (this.#file.unsafe > 0 && !this.#isCutDue) this.#syncSoon()
    })
  }

  async #sync(): Promise<void> {
    const { clock } = this.#parts
    try {
      const wait = this.#lastSync + syncMs - clock.monotonic()
      if (wait > 0) await sleep(clock, wait, this.#ended.signal).catch(() => {})
      if (this.#isCutDue) return
      const end = await this.#file.sync()
      this.#lastSync = clock.monotonic()
      // What was told to come again in the meantime is taken back.
      if (this.#isCutDue) return
      this.#file.keep(end)
      this.#order.safe(end, ({ end: bytes }: Entry) => this.#file.state(bytes))
    } catch (error) {
      this.#fail(error)
    }
  }

  /** What is not safe is taken back, at the latest before the next write; all that wait are to come again, in their order. */
  #fail(error: unknown): void {
    this.#isCutDue = true
    const { bytes } = this.#file.state()
    this.#order.failed(error instanceof Error ? error : new Error(String(error)), bytes)
  }

  async #cutBack(): Promise<void> {
    await this.#syncing
    await this.#file.cutBack()
    this.#isCutDue = false
  }
}

function told(error: Error): string {
  const errno = errnoOf(error)
  return errno === 'ENOSPC' || errno === 'EDQUOT' ? `the disk is full (${errno})` : error.message
}

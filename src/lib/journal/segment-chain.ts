import { isDiskFull } from '../core/errno.ts'
import type { JournalDisk } from './disk.ts'
import type { Batch } from './record-buffer.ts'
import { SegmentWriter } from './segment-writer.ts'
import { brokenError, stateError } from './state-error.ts'

export interface SegmentChainOptions {
  readonly disk: JournalDisk
  readonly directory: string
  readonly salt: number
  /** A new segment is begun when a batch would make the current one larger. */
  readonly segmentBytes: number
  /** At least so much is kept ready behind the last record, to be written when the disk is full. */
  readonly reserveBytes: number
}

/** Writes batches to the last segment and begins a new one where that is full. */
export class SegmentChain implements AsyncDisposable {
  readonly #options: SegmentChainOptions
  #current: SegmentWriter | undefined
  #isBroken = false

  constructor(options: SegmentChainOptions, current: SegmentWriter | undefined) {
    this.#options = options
    this.#current = current
  }

  get path(): string {
    return this.#current?.path ?? this.#options.directory
  }

  /** The segment that is appended to. */
  get current(): { readonly base: number; readonly isEmpty: boolean } | undefined {
    return this.#current
  }

  /** See SegmentChainOptions; less when it could not be renewed because the disk is full. */
  get reservedBytes(): number {
    return this.#current?.reservedBytes ?? 0
  }

  /** Makes the first segment where there is none, and the reserve. @throws OpsError E_STATE */
  async prepare(next: number): Promise<void> {
    await this.#guard('prepare', async () => {
      this.#current ??= await this.#create(next)
      await this.#current.reserve(this.#options.reserveBytes)
      if (this.#options.reserveBytes > 0) await this.#current.sync()
    })
  }

  /** All of it or nothing. @throws OpsError E_STATE; the same batch may be written again */
  async write(batch: Batch): Promise<void> {
    await this.#guard('write to', async () => {
      const segment = await this.#segmentFor(batch)
      await segment.write(batch.bytes)
      if (segment.reservedBytes < this.#options.reserveBytes) await this.#renewReserve(segment)
    })
  }

  /**
   * Makes everything written durable. A failure is final: the kernel may have dropped the pages and called them clean, so that a
   * second fsync would succeed without the data (https://wiki.postgresql.org/wiki/Fsync_Errors).
   * @throws OpsError E_STATE
   */
  async sync(): Promise<void> {
    if (this.#current) await this.#final(() => this.#current?.sync())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const segment = this.#current
    this.#current = undefined
    if (segment === undefined) return
    try {
      if (segment.reservedBytes > 0 && !this.#isBroken) await this.#guard('seal', () => segment.seal())
    } finally {
      await segment.close()
    }
  }

  async #segmentFor(batch: Batch): Promise<SegmentWriter> {
    const current = this.#current
    if (current === undefined) {
      this.#current = await this.#create(batch.first)
      return this.#current
    }
    const { segmentBytes } = this.#options
    if (current.isEmpty || current.offset + batch.bytes.length <= segmentBytes) return current
    try {
      return await this.#roll(current, batch.first)
    } catch (error) {
      // Better a segment that is too long than a record that is lost although there is room reserved for it.
      if (isDiskFull(error) && batch.bytes.length <= current.reservedBytes) return current
      throw error
    }
  }

  /** The old segment is on disk whole before the new one is written to: what is damaged in it later is damage. */
  async #roll(current: SegmentWriter, base: number): Promise<SegmentWriter> {
    const next = await this.#create(base)
    try {
      await this.#final(() => current.seal())
    } catch (error) {
      await next.close()
      throw error
    }
    this.#current = next
    await current.close()
    return next
  }

  #create(base: number): Promise<SegmentWriter> {
    return SegmentWriter.create(this.#options.disk, { ...this.#options, base })
  }

  async #renewReserve(segment: SegmentWriter): Promise<void> {
    try {
      await segment.reserve(2 * this.#options.reserveBytes)
    } catch (error) {
      // The reserve is there to be used up now.
      if (!isDiskFull(error)) throw error
    }
  }

  async #final(work: () => Promise<void> | undefined): Promise<void> {
    try {
      await this.#guard('sync', async () => work())
    } catch (error) {
      this.#isBroken = true
      throw error
    }
  }

  async #guard(doing: string, work: () => Promise<void>): Promise<void> {
    if (this.#isBroken) throw brokenError(this.path)
    try {
      await work()
    } catch (error) {
      throw stateError({ doing, path: this.path, error })
    }
  }
}

import { join } from 'node:path'
import type { JournalDisk, JournalFile } from './disk.ts'
import { encodeSegmentHeader, segmentHeaderBytes, segmentName } from './segment-header.ts'

const pieceBytes = 64 * 1024

/** The segment that is appended to. */
export class SegmentWriter {
  readonly path: string
  readonly base: number
  readonly #file: JournalFile
  #offset: number
  /** Up to here the file system has promised space: data, then zeros. */
  #allocated: number

  private constructor(at: { readonly path: string; readonly base: number; readonly file: JournalFile; readonly offset: number }) {
    this.path = at.path
    this.base = at.base
    this.#file = at.file
    this.#offset = at.offset
    this.#allocated = at.offset
  }

  static async resume(
    disk: JournalDisk,
    tail: { readonly path: string; readonly base: number; readonly offset: number },
  ): Promise<SegmentWriter> {
    return new SegmentWriter({ ...tail, file: await disk.open(tail.path, 'update') })
  }

  /** Makes a segment with header and reserve under another name and renames it, so that none is ever seen half made. */
  static async create(
    disk: JournalDisk,
    segment: { readonly directory: string; readonly base: number; readonly salt: number; readonly reserveBytes: number },
  ): Promise<SegmentWriter> {
    const { directory, base, salt, reserveBytes } = segment
    const path = join(directory, segmentName(base))
    const temporary = `${path}.new`
    const file = await disk.open(temporary, 'create')
    try {
      await file.write(encodeSegmentHeader({ salt, base }), 0)
      const writer = new SegmentWriter({ path, base, file, offset: segmentHeaderBytes })
      await writer.reserve(reserveBytes)
      await file.sync()
      await disk.rename(temporary, path)
      await disk.syncDirectory(directory)
      return writer
    } catch (error) {
      await file.close()
      await disk.remove(temporary).catch(() => {})
      throw error
    }
  }

  get offset(): number {
    return this.#offset
  }

  get isEmpty(): boolean {
    return this.#offset === segmentHeaderBytes
  }

  /** Bytes that can be written although the disk is full. */
  get reservedBytes(): number {
    return this.#allocated - this.#offset
  }

  /** Appends all of it or, as far as readers and recovery can see, nothing. */
  async write(bytes: Uint8Array): Promise<void> {
    try {
      await this.#file.write(bytes, this.#offset)
    } catch (error) {
      // What was written in part would be found torn; cutting it off also frees its space. It need not succeed.
      if (this.reservedBytes === 0) await this.#file.truncate(this.#offset).catch(() => {})
      throw error
    }
    this.#offset += bytes.length
    this.#allocated = Math.max(this.#allocated, this.#offset)
  }

  /** Writes zeros ahead, so that at least so much is reserved: there is no fallocate in node:fs. */
  async reserve(bytes: number): Promise<void> {
    if (this.reservedBytes >= bytes) return
    const zeros = Buffer.alloc(Math.min(pieceBytes, bytes - this.reservedBytes))
    while (this.reservedBytes < bytes) {
      const piece = zeros.subarray(0, Math.min(zeros.length, bytes - this.reservedBytes))
      await this.#file.write(piece, this.#allocated)
      this.#allocated += piece.length
    }
  }

  sync(): Promise<void> {
    return this.#file.sync()
  }

  /** Cuts the reserve off and makes what is left durable. */
  async seal(): Promise<void> {
    if (this.reservedBytes > 0) await this.#file.truncate(this.#offset)
    this.#allocated = this.#offset
    await this.#file.sync()
  }

  close(): Promise<void> {
    return this.#file.close()
  }
}

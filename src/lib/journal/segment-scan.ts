import type { JournalFile } from './disk.ts'
import { decodeFrame, type Frame, frameHeaderBytes, frameSizeAt, sequenceAt } from './frame.ts'

const windowBytes = 256 * 1024

export interface FrameRange {
  /** Offsets, the second excluded. */
  readonly from: number
  readonly to: number
  /** Sequences, the second excluded. */
  readonly minSequence: number
  readonly endSequence: number
}

export interface FoundFrame {
  readonly frame: Frame
  readonly offset: number
}

/** Frames of a segment by offset, through a window that moves over the file. Payloads stay valid when it has moved on, unless it is lent. */
export class SegmentScan {
  readonly #file: JournalFile
  readonly #salt: number
  /** The memory of all windows, where payloads are good until the next is asked for. */
  readonly #lent: LentBuffer | undefined
  #window = Buffer.alloc(0)
  #start = 0
  #atEnd = false

  constructor(file: JournalFile, salt: number, lent?: LentBuffer) {
    this.#file = file
    this.#salt = salt
    this.#lent = lent
  }

  /**
   * The valid frame at an offset. Without a promise where the window has it, which is nearly always; what it does not have is looked for in
   * the file, where it may have been written since.
   */
  frameAt(offset: number): Frame | undefined | Promise<Frame | undefined> {
    const at = offset - this.#start
    const frame = at >= 0 ? decodeFrame({ buffer: this.#window, at, salt: this.#salt }) : undefined
    return frame ?? this.freshFrameAt(offset)
  }

  /** The same out of the file as it is now. */
  async freshFrameAt(offset: number): Promise<Frame | undefined> {
    await this.#load(offset, windowBytes)
    const size = frameSizeAt(this.#window, 0)
    if (size !== undefined && size > this.#window.length && !this.#atEnd) await this.#load(offset, size)
    return decodeFrame({ buffer: this.#window, at: 0, salt: this.#salt })
  }

  /** The first valid frame in a range of offsets and of sequences: where reading can go on behind damage. */
  async findFrame(range: FrameRange): Promise<FoundFrame | undefined> {
    await this.#load(range.from, windowBytes)
    for (let offset = range.from; offset < range.to; offset++) {
      if (!this.#covers(offset)) await this.#load(offset, windowBytes)
      if (!this.#covers(offset)) return undefined
      // Looking at the number first spares the checksum of what only looks like a frame.
      const sequence = sequenceAt(this.#window, offset - this.#start)
      if (sequence < range.minSequence || sequence >= range.endSequence) continue
      const frame = await this.frameAt(offset)
      if (frame) return { frame, offset }
    }
    return undefined
  }

  /** Where the last byte that is not zero ends; `from` when there is none after it. */
  async endOfData(from: number): Promise<number> {
    // Nearly always what was read last goes to the end of the file.
    if (this.#atEnd && from >= this.#start && from <= this.#start + this.#window.length)
      return from + this.#window.subarray(from - this.#start).findLastIndex(byte => byte !== 0) + 1
    let end = from
    const buffer = Buffer.alloc(windowBytes)
    const zeros = Buffer.alloc(windowBytes)
    for (let position = from; ; position += windowBytes) {
      const read = await this.#file.read(buffer, position)
      const piece = buffer.subarray(0, read)
      if (!piece.equals(zeros.subarray(0, read))) end = position + piece.findLastIndex(byte => byte !== 0) + 1
      if (read < windowBytes) return end
    }
  }

  #covers(offset: number): boolean {
    return offset >= this.#start && offset + frameHeaderBytes <= this.#start + this.#window.length
  }

  async #load(offset: number, bytes: number): Promise<void> {
    // A new buffer each time: payloads handed out are views into the old one.
    const buffer = this.#lent?.of(bytes) ?? Buffer.allocUnsafe(bytes)
    const read = await this.#file.read(buffer, offset)
    this.#window = buffer.subarray(0, read)
    this.#start = offset
    this.#atEnd = read < bytes
  }
}

/** One piece of memory that is used again and again, as large as it had to be. */
export class LentBuffer {
  #buffer = Buffer.alloc(0)

  of(bytes: number): Buffer<ArrayBuffer> {
    if (this.#buffer.length < bytes) this.#buffer = Buffer.allocUnsafeSlow(bytes)
    return this.#buffer.subarray(0, bytes)
  }
}

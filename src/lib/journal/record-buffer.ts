import { encodeFrame, frameHeaderBytes, type UnwrittenRecord } from './frame.ts'

/** Frames that go to disk in one write, all into one segment. */
export interface Batch {
  readonly bytes: Uint8Array
  readonly first: number
  readonly last: number
}

interface Chunk {
  buffer: Buffer
  length: number
  readonly first: number
  last: number
}

const initialBytes = 4096
const largestSpareBytes = 4 * 1024 * 1024

/** Encoded records on their way to disk, in chunks of bounded size. A record that is larger than a chunk has its own. */
export class RecordBuffer {
  readonly #salt: number
  readonly #chunkBytes: number
  readonly #chunks: Chunk[] = []
  #bytes = 0
  /** Was written, and is used again: large pieces of new memory cost more than what is put into them. */
  #spare: Buffer | undefined
  /** The first chunk is being written, or waits to be written again as it is. */
  #firstIsClosed = false

  constructor(options: { readonly salt: number; readonly chunkBytes: number }) {
    this.#salt = options.salt
    this.#chunkBytes = options.chunkBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  append(record: UnwrittenRecord): void {
    const bytes = record.pieces.reduce((sum, { length }) => sum + length, frameHeaderBytes)
    const chunk = this.#chunkFor(record.sequence, bytes)
    chunk.length += encodeFrame(record, { buffer: chunk.buffer, at: chunk.length, salt: this.#salt })
    chunk.last = record.sequence
    this.#bytes += bytes
  }

  /** The oldest batch; stays the same until `shift`. */
  peek(): Batch | undefined {
    const [chunk] = this.#chunks
    if (chunk === undefined) return undefined
    this.#firstIsClosed = true
    return { bytes: chunk.buffer.subarray(0, chunk.length), first: chunk.first, last: chunk.last }
  }

  shift(): void {
    const written = this.#chunks.shift()
    this.#firstIsClosed = false
    if (written === undefined) return
    this.#bytes -= written.length
    if (written.buffer.length <= largestSpareBytes) this.#spare = written.buffer
  }

  #chunkFor(sequence: number, bytes: number): Chunk {
    const last = this.#chunks.at(-1)
    const isOpen = last !== undefined && !(this.#firstIsClosed && this.#chunks.length === 1)
    if (isOpen && last.length + bytes <= this.#chunkBytes) return grown(last, bytes)
    const chunk = { buffer: this.#roomFor(bytes), length: 0, first: sequence, last: sequence }
    this.#chunks.push(chunk)
    return chunk
  }

  #roomFor(bytes: number): Buffer {
    const spare = this.#spare
    if (spare === undefined || spare.length < bytes) return Buffer.allocUnsafeSlow(roundedUp(Math.max(bytes, initialBytes)))
    this.#spare = undefined
    return spare
  }
}

/** So that it does for the next record too, which may be a little longer. */
const roundedUp = (bytes: number): number => (bytes > largestSpareBytes ? bytes : 2 ** Math.ceil(Math.log2(bytes)))

function grown(chunk: Chunk, bytes: number): Chunk {
  if (chunk.length + bytes > chunk.buffer.length) {
    const buffer = Buffer.allocUnsafeSlow(Math.max(chunk.length + bytes, chunk.buffer.length * 2))
    buffer.set(chunk.buffer.subarray(0, chunk.length))
    chunk.buffer = buffer
  }
  return chunk
}

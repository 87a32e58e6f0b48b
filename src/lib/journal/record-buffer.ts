import { encodeFrame, frameHeaderBytes, type JournalRecord } from './frame.ts'

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

/** Encoded records on their way to disk, in chunks of bounded size. A record that is larger than a chunk has its own. */
export class RecordBuffer {
  readonly #salt: number
  readonly #chunkBytes: number
  readonly #chunks: Chunk[] = []
  #bytes = 0
  /** The first chunk is being written, or waits to be written again as it is. */
  #firstIsClosed = false

  constructor(options: { readonly salt: number; readonly chunkBytes: number }) {
    this.#salt = options.salt
    this.#chunkBytes = options.chunkBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  append(record: JournalRecord & { readonly durable: number }): void {
    const bytes = frameHeaderBytes + record.payload.length
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
    this.#bytes -= this.#chunks.shift()?.length ?? 0
    this.#firstIsClosed = false
  }

  #chunkFor(sequence: number, bytes: number): Chunk {
    const last = this.#chunks.at(-1)
    const isOpen = last !== undefined && !(this.#firstIsClosed && this.#chunks.length === 1)
    if (isOpen && last.length + bytes <= this.#chunkBytes) return grown(last, bytes)
    const chunk = { buffer: Buffer.allocUnsafeSlow(Math.max(bytes, initialBytes)), length: 0, first: sequence, last: sequence }
    this.#chunks.push(chunk)
    return chunk
  }
}

function grown(chunk: Chunk, bytes: number): Chunk {
  if (chunk.length + bytes > chunk.buffer.length) {
    const buffer = Buffer.allocUnsafeSlow(Math.max(chunk.length + bytes, chunk.buffer.length * 2))
    buffer.set(chunk.buffer.subarray(0, chunk.length))
    chunk.buffer = buffer
  }
  return chunk
}

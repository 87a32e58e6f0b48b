import type { Batch } from '../batch.ts'
import type { ByteSource } from './byte-source.ts'
import { cutLine, type LineLimit, within } from './long-lines.ts'

const blockBytes = 1024 * 1024
const newline = 10

/** A source as batches of whole lines, each of what could be read at once. */
export async function* batches(
  source: ByteSource,
  { name, limit }: { readonly name: string; readonly limit: LineLimit },
): AsyncGenerator<Batch> {
  const lines = new LineBuffer(name, limit)
  for (;;) {
    const read = await source.read(lines.free)
    if (read === 0) break
    yield* lines.add(read)
  }
  yield* lines.finish()
}

/** Holds what is no whole line yet. */
class LineBuffer {
  readonly #name: string
  readonly #limit: LineLimit
  readonly #capacity: number
  readonly #buffer: Uint8Array
  /** Bytes at the beginning of the buffer that are no whole line yet, and where they begin in the source. */
  #held = 0
  #from = 0
  /** A line that is longer than the buffer: its beginning, and its length so far. */
  #long: { readonly begin: Uint8Array; readonly from: number; length: number } | undefined

  constructor(name: string, limit: LineLimit) {
    this.#name = name
    this.#limit = limit
    this.#capacity = Math.max(blockBytes, limit.maxLineBytes + 1)
    // One more for the end of a last line that has none.
    this.#buffer = new Uint8Array(this.#capacity + 1)
  }

  /** Where the next bytes are to be put; never empty. */
  get free(): Uint8Array {
    return this.#buffer.subarray(this.#held, this.#capacity)
  }

  *add(read: number): Iterable<Batch> {
    let filled = this.#held + read
    if (this.#long !== undefined) {
      const end = this.#buffer.subarray(0, filled).indexOf(newline)
      this.#long.length += end === -1 ? filled : end
      this.#drop(end === -1 ? filled : end + 1, filled)
      if (end === -1) return
      yield* this.#endLong()
      filled = this.#held
      this.#held = 0
    }
    const whole = this.#held + this.#buffer.subarray(this.#held, filled).lastIndexOf(newline) + 1
    if (whole > this.#held) {
      yield* within(this.#batch(whole, whole), this.#limit)
      this.#drop(whole, filled)
    } else if (filled < this.#capacity) this.#held = filled
    else yield* this.#overflow(filled)
  }

  *finish(): Iterable<Batch> {
    yield* this.#endLong()
    if (this.#held === 0) return
    this.#buffer[this.#held] = newline
    yield* within(this.#batch(this.#held + 1, this.#held), this.#limit)
    this.#held = 0
  }

  *#overflow(filled: number): Iterable<Batch> {
    const piece = cutLine(this.#buffer.subarray(0, filled), this.#limit.maxLineBytes)
    if (this.#limit.longLines === 'cut') {
      this.#long = { begin: piece, from: this.#from, length: filled }
      this.#drop(filled, filled)
    } else {
      const length = piece.length - 1
      yield { bytes: piece, origin: this.#origin(length) }
      this.#drop(length, filled)
    }
  }

  *#endLong(): Iterable<Batch> {
    const long = this.#long
    this.#long = undefined
    if (long === undefined) return
    const { begin, from, length } = long
    const origin = { source: this.#name, generation: 0, from, to: this.#from }
    yield { bytes: begin, origin, cutFrom: length }
  }

  #batch(end: number, length: number): Batch {
    return { bytes: this.#buffer.subarray(0, end), origin: this.#origin(length) }
  }

  #origin(length: number): Batch['origin'] {
    return { source: this.#name, generation: 0, from: this.#from, to: this.#from + length }
  }

  /** The first bytes are done with. */
  #drop(length: number, filled: number): void {
    this.#buffer.copyWithin(0, length, filled)
    this.#from += length
    this.#held = filled - length
  }
}

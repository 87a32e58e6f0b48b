/** Large pieces of memory that are used again: the collector sees them so late that memory would grow with the speed. */
export class BufferPool {
  readonly #free: Uint8Array<ArrayBuffer>[] = []
  readonly #bytes: number
  readonly #kept: number

  /** Pieces of so many bytes at first; so many free ones are kept. */
  constructor({ bytes, kept }: { readonly bytes: number; readonly kept: number }) {
    this.#bytes = bytes
    this.#kept = kept
  }

  take(): Uint8Array<ArrayBuffer> {
    return this.#free.pop() ?? new Uint8Array(this.#bytes)
  }

  /** Nobody reads it any more. One that had to grow far beyond the others is let go. */
  give(piece: Uint8Array<ArrayBuffer>): void {
    if (this.#free.length < this.#kept && piece.length <= 4 * this.#bytes) this.#free.push(piece)
  }
}

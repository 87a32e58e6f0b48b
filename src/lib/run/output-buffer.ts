/** Memory shared by many buffers. */
export class MemoryBudget {
  #used = 0

  constructor(readonly limitBytes: number) {}

  tryReserve(bytes: number): boolean {
    if (this.#used + bytes > this.limitBytes) return false
    this.#used += bytes
    return true
  }

  /** Also beyond the limit, by a caller that holds its source back meanwhile. */
  reserve(bytes: number): void {
    this.#used += bytes
  }

  release(bytes: number): void {
    this.#used -= bytes
  }
}

/** Bytes in one piece of memory that a budget knows of: many small pieces in a list would cost many times their size. */
export class OutputBuffer {
  readonly #budget: MemoryBudget
  #bytes = new Uint8Array(0)
  #length = 0

  constructor(budget: MemoryBudget) {
    this.#budget = budget
  }

  get length(): number {
    return this.#length
  }

  get content(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  /** False, and nothing taken, when the budget has no room for it. */
  tryAppend(piece: Uint8Array): boolean {
    const capacity = this.#capacityFor(piece)
    if (!this.#budget.tryReserve(capacity - this.#bytes.length)) return false
    this.#put(piece, capacity)
    return true
  }

  append(piece: Uint8Array): void {
    const capacity = this.#capacityFor(piece)
    this.#budget.reserve(capacity - this.#bytes.length)
    this.#put(piece, capacity)
  }

  /** The content for good; the buffer is empty, and the budget has room again. */
  take(): Uint8Array {
    const { content } = this
    this.#budget.release(this.#bytes.length)
    this.#bytes = new Uint8Array(0)
    this.#length = 0
    return content
  }

  /** Gives back what was reserved for growth. */
  trim(): void {
    const exact = this.content.slice()
    this.#budget.release(this.#bytes.length - exact.length)
    this.#bytes = exact
  }

  /** The first piece is often all there is: it gets what it needs, and only the second doubles. */
  #capacityFor(piece: Uint8Array): number {
    const needed = this.#length + piece.length
    if (needed <= this.#bytes.length) return this.#bytes.length
    return this.#bytes.length === 0 ? needed : Math.max(needed, this.#bytes.length * 2)
  }

  #put(piece: Uint8Array, capacity: number): void {
    if (capacity > this.#bytes.length) {
      const grown = new Uint8Array(capacity)
      grown.set(this.content)
      this.#bytes = grown
    }
    this.#bytes.set(piece, this.#length)
    this.#length += piece.length
  }
}

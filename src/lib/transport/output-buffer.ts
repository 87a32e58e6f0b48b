/** Bytes that arrive in pieces, copied into blocks: no piece keeps the larger buffer alive that it was cut from. */
export class OutputBuffer {
  readonly #full: Uint8Array[] = []
  #block = new Uint8Array(0)
  #used = 0
  #length = 0

  append(bytes: Uint8Array): void {
    this.#length += bytes.length
    let rest = bytes
    while (rest.length > 0) {
      if (this.#used === this.#block.length) this.#nextBlock(rest.length)
      const part = rest.subarray(0, this.#block.length - this.#used)
      this.#block.set(part, this.#used)
      this.#used += part.length
      rest = rest.subarray(part.length)
    }
  }

  /** All of it in one array. */
  take(): Uint8Array {
    if (this.#full.length === 0) return this.#block.slice(0, this.#used)
    const all = new Uint8Array(this.#length)
    let at = 0
    for (const block of this.#full) {
      all.set(block, at)
      at += block.length
    }
    all.set(this.#block.subarray(0, this.#used), at)
    return all
  }

  #nextBlock(atLeast: number): void {
    if (this.#block.length > 0) this.#full.push(this.#block)
    const size = Math.min(1024 * 1024, Math.max(256, this.#length, atLeast))
    this.#block = new Uint8Array(size)
    this.#used = 0
  }
}

/** Bytes that have come and are not yet taken, in one piece. Its room doubles: many small pieces are not copied for each of them. */
export class ByteQueue {
  #room: Buffer = Buffer.alloc(0)
  #end = 0
  /** All of them; a view that the next change makes void. */
  bytes: Buffer = this.#room

  get length(): number {
    return this.bytes.length
  }

  push(chunk: Uint8Array): void {
    const { length } = this.bytes
    if (length === 0 || this.#end + chunk.length > this.#room.length) {
      const room = Buffer.allocUnsafeSlow(Math.max(1024, 2 * length, length + chunk.length))
      room.set(this.bytes)
      this.#room = room
      this.#end = length
    }
    this.#room.set(chunk, this.#end)
    this.#end += chunk.length
    this.bytes = this.#room.subarray(this.#end - length - chunk.length, this.#end)
  }

  /** The first so many, as a copy. */
  take(count: number): Buffer {
    const part = Buffer.from(this.bytes.subarray(0, count))
    this.bytes = this.bytes.subarray(count)
    return part
  }

  /** Forgets the first so many. */
  drop(count: number): void {
    this.bytes = this.bytes.subarray(count)
  }

  /** Forgets all but the first so many. */
  keep(count: number): void {
    this.#end -= Math.max(0, this.bytes.length - count)
    this.bytes = this.bytes.subarray(0, count)
  }
}

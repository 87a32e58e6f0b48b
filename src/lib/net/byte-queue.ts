/** Bytes that have come and are not yet taken, in one piece. Its room doubles: many small pieces are not copied for each of them. */
export class ByteQueue {
  readonly #leastRoom: number
  #room: Buffer = Buffer.alloc(0)
  #end = 0
  /** All of them: a view that `push` and `drop` leave as it is. */
  bytes: Buffer = this.#room

  /** `roomBytes`: so much is taken at least when there is need of room. */
  constructor({ roomBytes = 1024 } = {}) {
    this.#leastRoom = roomBytes
  }

  get length(): number {
    return this.bytes.length
  }

  push(chunk: Uint8Array): void {
    const { length } = this.bytes
    const isTooLarge = length === 0 && this.#room.length > this.#leastRoom
    if (isTooLarge || this.#end + chunk.length > this.#room.length) {
      const room = Buffer.allocUnsafeSlow(Math.max(this.#leastRoom, 2 * length, length + chunk.length))
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

  /** Makes room without taking any, where something was dropped: all views are void. */
  compact(): void {
    const { length } = this.bytes
    if (length === this.#end) return
    this.#room.set(this.bytes)
    this.#end = length
    this.bytes = this.#room.subarray(0, length)
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

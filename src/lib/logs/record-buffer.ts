const ampleBytes = 1024 * 1024

/** Where records are written: JSON lines, one behind the other, in one piece of memory that is used again and again. */
export class RecordBuffer {
  bytes = new Uint8Array(2.5 * ampleBytes)
  length = 0
  readonly #ampleBytes: number

  /** `whole`: never time to pass anything on, all that belongs together is in one piece. */
  constructor({ whole = false } = {}) {
    this.#ampleBytes = whole ? Number.POSITIVE_INFINITY : ampleBytes
  }

  /** Makes room for so many bytes more; what is there stays. */
  reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return
    const larger = new Uint8Array(Math.max(2 * this.bytes.length, this.length + more))
    larger.set(this.bytes.subarray(0, this.length))
    this.bytes = larger
  }

  /** So much is there that it is time to pass it on. */
  get isAmple(): boolean {
    return this.length >= this.#ampleBytes
  }

  /** What is there, good until the next record is written. */
  take(): Uint8Array {
    const taken = this.bytes.subarray(0, this.length)
    this.length = 0
    return taken
  }

  /** The same, for good: it goes on with another piece of memory. */
  handOver(next: Uint8Array<ArrayBuffer>): Uint8Array {
    const taken = this.take()
    this.bytes = next
    return taken
  }

  /** A record as text, without the end of its line. */
  add(json: string): void {
    // No text takes more bytes than three times its length.
    this.reserve(3 * json.length + 1)
    this.length += encoder.encodeInto(json, this.bytes.subarray(this.length)).written
    this.bytes[this.length++] = 10
  }
}

const encoder = new TextEncoder()

import { NetError } from '../net-error.ts'
import { noBytes } from './no-bytes.ts'

export interface BodyLimits {
  /** So many bytes are kept; what is more is counted. */
  readonly hold: number
  /** A body with more is an error. */
  readonly read: number
}

/** What is kept of a body, in one piece however many it came in. */
export class HeldBody {
  readonly #limits: BodyLimits
  #bytes: Buffer = noBytes
  #length = 0
  /** Of all of it, also of what is not kept. */
  total = 0

  constructor(limits: BodyLimits) {
    this.#limits = limits
  }

  /** @throws NetError when so many bytes are too many */
  expect(bytes: number): void {
    if (bytes <= this.#limits.read) return
    throw new NetError('too-large', `the body is longer than ${this.#limits.read} bytes`, { phase: 'transfer' })
  }

  /** @throws NetError when it becomes too large */
  add(bytes: Buffer, from: number, to: number): void {
    this.total += to - from
    this.expect(this.total)
    const count = Math.min(to - from, this.#limits.hold - this.#length)
    if (count <= 0) return
    if (this.#length === 0) {
      this.#bytes = bytes.subarray(from, from + count)
    } else {
      this.#makeRoom(this.#length + count)
      bytes.copy(this.#bytes, this.#length, from, from + count)
    }
    this.#length += count
  }

  get bytes(): Buffer {
    return this.#bytes.length === this.#length ? this.#bytes : this.#bytes.subarray(0, this.#length)
  }

  #makeRoom(length: number): void {
    if (length <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(Math.min(this.#limits.hold, Math.max(2 * length, 4096)))
    this.#bytes.copy(larger, 0, 0, this.#length)
    this.#bytes = larger
  }
}

import { ByteQueue } from '../../../net/byte-queue.ts'

/** A message as it was framed. */
export interface Frame {
  /** Without what ends it; good until more comes. */
  readonly bytes: Uint8Array
  /** Of which the rest was left out: its length in all. */
  readonly cutFrom?: number
}

const [newline, space, zero, nine] = [10, 32, 48, 57]
const maxDigits = 9

/**
 * Messages of one connection, framed as RFC 6587 describes and nothing in the connection announces: by a count of octets before each where the
 * first octet is a digit but 0, else by newlines.
 */
export class MessageFrames {
  readonly #maxBytes: number
  readonly #held = new ByteQueue()
  #counts: boolean | undefined
  /** Octets of the message under way that are left out. */
  #skipped = 0
  /** So many of what is held are known to have no newline. */
  #searched = 0
  /** Still to be left out, of a counted message. */
  #toSkip = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Of messages that are not whole: in memory, and in all. */
  get held(): number {
    return this.#held.length
  }

  get unfinished(): number {
    return this.#held.length + this.#skipped
  }

  /** @throws Error that says what is wrong with the framing: nothing more can be read of the connection */
  *add(bytes: Uint8Array): Generator<Frame> {
    this.#held.push(bytes)
    if (this.#held.length === 0) return
    const first = this.#held.bytes[0] ?? 0
    this.#counts ??= first > zero && first <= nine
    yield* this.#counts ? this.#counted() : this.#lines()
  }

  /** What a connection that ends leaves: a last line without its end is one; a counted message that is not whole is none. */
  *end(): Generator<Frame> {
    if (this.#counts !== false || this.unfinished === 0) return
    yield this.#frame(this.#held.bytes)
    this.#held.drop(this.#held.length)
  }

  *#counted(): Generator<Frame> {
    for (;;) {
      if (this.#toSkip > 0) {
        const skipped = Math.min(this.#toSkip, this.#held.length)
        this.#held.drop(skipped)
        this.#toSkip -= skipped
        this.#skipped = this.#toSkip > 0 ? this.#skipped : 0
        if (this.#toSkip > 0) return
      }
      const head = this.#held.bytes
      const at = head.subarray(0, maxDigits + 1).indexOf(space)
      if (at === -1 && head.length <= maxDigits && isNumber(head)) return
      const digits = head.subarray(0, Math.max(at, 0))
      if (digits.length === 0 || !isNumber(digits)) throw new Error('a message does not begin with its length')
      const length = Number(Buffer.from(digits).toString('latin1'))
      const there = head.subarray(at + 1)
      if (there.length < Math.min(length, this.#maxBytes)) return
      if (length <= this.#maxBytes) yield { bytes: there.subarray(0, length) }
      else yield { bytes: there.subarray(0, this.#maxBytes), cutFrom: length }
      this.#held.drop(at + 1 + Math.min(length, this.#maxBytes))
      this.#toSkip = Math.max(0, length - this.#maxBytes)
      this.#skipped = this.#toSkip
    }
  }

  *#lines(): Generator<Frame> {
    for (let end = this.#lineEnd(); end !== -1; end = this.#lineEnd()) {
      yield this.#frame(this.#held.bytes.subarray(0, end))
      this.#held.drop(end + 1)
      this.#searched = 0
    }
    this.#searched = Math.min(this.#held.length, this.#maxBytes)
    const beyond = this.#held.length - this.#maxBytes
    if (beyond <= 0) return
    this.#skipped += beyond
    this.#held.keep(this.#maxBytes)
  }

  /** A line that comes byte by byte is not searched from its beginning each time. */
  #lineEnd(): number {
    return this.#held.bytes.indexOf(newline, this.#searched)
  }

  #frame(bytes: Uint8Array): Frame {
    const length = bytes.length + this.#skipped
    this.#skipped = 0
    return length > this.#maxBytes ? { bytes: bytes.subarray(0, this.#maxBytes), cutFrom: length } : { bytes }
  }
}

const isNumber = (bytes: Uint8Array): boolean => bytes.every(byte => byte >= zero && byte <= nine)

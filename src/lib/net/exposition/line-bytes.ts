import { writeNumber } from './write-number.ts'

/** No number takes more bytes than `-1.7976931348623157e+308`. */
const longestNumber = 32
/** So much is handed on at once: enough that what it takes to hand it on does not count. */
const pieceBytes = 262_144

/**
 * Lines of metrics as bytes. As strings those of 5,000 checks would be some 100,000 pieces of garbage at every scrape, and in one piece
 * several megabytes. They are written into two rooms in turn: while one is on its way the other is filled.
 */
export class LineBytes {
  #bytes = new Uint8Array(pieceBytes)
  #other = new Uint8Array(pieceBytes)
  #length = 0
  #head: Uint8Array = new Uint8Array(0)

  /** @param name of the samples from now on, in which every character is ASCII */
  begin(name: string): void {
    this.#head = Buffer.from(`${name}{`)
  }

  /** @param labels what stands between the braces: pieces of UTF-8 */
  add(value: number, labels: Uint8Array, more?: Uint8Array): void {
    // Braces, a blank and the end of the line are four; a number is ASCII.
    const bytes = this.#roomFor(this.#head.length + labels.length + (more?.length ?? 0) + longestNumber + 4)
    let at = this.#length
    for (const piece of more ? [this.#head, labels, more] : [this.#head, labels]) {
      bytes.set(piece, at)
      at += piece.length
    }
    bytes[at++] = closingBrace
    bytes[at++] = blank
    at = writeNumber(bytes, at, value)
    bytes[at++] = newline
    this.#length = at
  }

  /** There is enough to be handed on. */
  get isFull(): boolean {
    return this.#length >= pieceBytes - pieceBytes / 8
  }

  /** What was added since the last time. It is written over after the next time but one. */
  take(): Uint8Array {
    const taken = this.#bytes.subarray(0, this.#length)
    const bytes = this.#bytes
    this.#bytes = this.#other
    this.#other = bytes
    this.#length = 0
    return taken
  }

  #roomFor(needed: number): Uint8Array {
    const least = this.#length + needed
    if (least <= this.#bytes.length) return this.#bytes
    const larger = new Uint8Array(least * 2)
    larger.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = larger
    return larger
  }
}

const closingBrace = 0x7d
const blank = 0x20
const newline = 0x0a

/**
 * Lines of one metric as bytes. Written one after the other into room that is kept from one scrape to the next: as strings the lines of
 * 5,000 checks would be some 100,000 pieces of garbage at every scrape.
 */
export class LineBytes {
  readonly #head: Uint8Array
  #bytes = new Uint8Array(1024)
  #length = 0

  /** @param name of the samples, in which every character is ASCII */
  constructor(name: string) {
    this.#head = Buffer.from(`${name}{`)
  }

  /** @param labels what stands between the braces: pieces of UTF-8 */
  add(value: string, ...labels: readonly Uint8Array[]): void {
    // Braces, a blank and the end of the line are four; a number is ASCII.
    let needed = this.#head.length + value.length + 4
    for (const piece of labels) needed += piece.length
    const bytes = this.#roomFor(needed)
    let at = written(bytes, this.#length, this.#head)
    for (const piece of labels) at = written(bytes, at, piece)
    bytes[at++] = closingBrace
    bytes[at++] = blank
    for (let index = 0; index < value.length; index++) bytes[at++] = value.charCodeAt(index)
    bytes[at++] = newline
    this.#length = at
  }

  /** Those that were added since `clear`, until the next one is. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  clear(): void {
    this.#length = 0
  }

  #roomFor(needed: number): Uint8Array {
    const least = this.#length + needed
    if (least <= this.#bytes.length) return this.#bytes
    const larger = new Uint8Array(Math.max(least, Math.ceil(this.#bytes.length * 1.5)))
    larger.set(this.bytes)
    this.#bytes = larger
    return larger
  }
}

const closingBrace = 0x7d
const blank = 0x20
const newline = 0x0a

/** Where the next goes. A loop, since for so few bytes a call into the runtime takes longer. */
function written(into: Uint8Array, at: number, piece: Uint8Array): number {
  for (let index = 0; index < piece.length; index++) into[at + index] = piece[index] ?? 0
  return at + piece.length
}

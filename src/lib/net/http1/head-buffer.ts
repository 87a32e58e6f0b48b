import { noBytes } from './no-bytes.ts'
import { protocolError } from './protocol-error.ts'

const maxBytes = 65_536
const begin = Buffer.from('HTTP/')
const lf = 0x0a
const cr = 0x0d

/** Gathers the bytes of a head, however they are cut, until the empty line. */
export class HeadBuffer {
  #held: Buffer = noBytes
  #length = 0
  /** Where a line break is looked for next. */
  #scanned = 0

  /**
   * Gives the head as text, a character a byte, and how many of these bytes belong to it; undefined as long as it is not all there.
   * @throws NetError for what can be no answer, as soon as that shows, and for a head longer than 64 KiB
   */
  push(bytes: Buffer): { readonly text: string; readonly used: number } | undefined {
    const before = this.#length
    const all = before === 0 ? bytes : this.#joined(bytes)
    demandBegin(all)
    const end = this.#end(all)
    if (end !== undefined && end <= maxBytes) {
      this.#length = 0
      this.#scanned = 0
      // Without the empty line.
      const lines = all[end - 2] === cr ? end - 2 : end - 1
      return { text: all.toString('latin1', 0, lines), used: end - before }
    }
    if (all.length >= maxBytes) throw protocolError(`the head of the answer is longer than ${maxBytes} bytes`)
    if (before === 0) this.#hold(bytes)
    this.#length = all.length
    return undefined
  }

  /** Bytes of a head that is not all there. */
  get length(): number {
    return this.#length
  }

  #hold(bytes: Buffer): void {
    if (this.#held.length < bytes.length) this.#held = Buffer.allocUnsafe(Math.max(1024, 2 * bytes.length))
    bytes.copy(this.#held)
  }

  #joined(bytes: Buffer): Buffer {
    const length = this.#length + bytes.length
    if (length > this.#held.length) {
      const larger = Buffer.allocUnsafe(2 * length)
      this.#held.copy(larger, 0, 0, this.#length)
      this.#held = larger
    }
    bytes.copy(this.#held, this.#length)
    return this.#held.subarray(0, length)
  }

  /** Where the body begins, if the empty line is there. */
  #end(all: Buffer): number | undefined {
    for (;;) {
      const at = all.indexOf(lf, this.#scanned)
      if (at === -1) {
        this.#scanned = all.length
        return undefined
      }
      const next = all[at + 1]
      if (next === lf) return at + 2
      if (next === cr && all[at + 2] === lf) return at + 3
      // The line break may be the first half of the empty line, of which the rest is still to come.
      if (next === undefined || (next === cr && at + 2 === all.length)) {
        this.#scanned = at
        return undefined
      }
      this.#scanned = at + 1
    }
  }
}

function demandBegin(all: Buffer): void {
  const count = Math.min(all.length, begin.length)
  for (let at = 0; at < count; at++) {
    if (all[at] !== begin[at]) {
      const text = JSON.stringify(all.toString('latin1', 0, at + 1))
      throw protocolError(`the answer is not HTTP: it begins with ${text}`)
    }
  }
}

export interface Line {
  /** Where it begins in the text, and behind its end. */
  readonly from: number
  readonly to: number
  /** Without its end. */
  readonly line: string
}

/** Lines that go on: those that were not changed in as few pieces as can be. */
export class KeptLines {
  count = 0
  /** Nothing was changed or left out. */
  isWhole = true
  readonly #text: string
  #kept = ''
  /** Where what is not yet taken over begins. */
  #from = 0

  /** Lines of UTF-8, each ended by a newline. */
  constructor(lines: Uint8Array) {
    this.#text = Buffer.from(lines.buffer, lines.byteOffset, lines.length).toString('utf8')
  }

  *lines(): Generator<Line> {
    const text = this.#text
    for (let from = 0; from < text.length; ) {
      const end = text.indexOf('\n', from)
      yield { from, to: end + 1, line: text.slice(from, end) }
      from = end + 1
    }
  }

  keep(from: number, { to, changed }: { readonly to: number; readonly changed?: string | undefined }): void {
    this.count++
    if (changed === undefined) return
    this.leaveOut(from, to)
    this.#kept += `${changed}\n`
  }

  leaveOut(from: number, to: number): void {
    this.isWhole = false
    if (from > this.#from) this.#kept += this.#text.slice(this.#from, from)
    this.#from = to
  }

  bytes(): Uint8Array {
    return Buffer.from(this.#kept + this.#text.slice(this.#from))
  }
}

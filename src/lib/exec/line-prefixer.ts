interface LinePrefixerOptions {
  readonly limitBytes?: number
  /** What is given out in the place of a line, its newline included. */
  readonly shown?: (line: Uint8Array) => Uint8Array
}

/**
 * Puts a prefix before each line of a byte stream. Only whole lines are given out, so lines of several hosts never mix; a line
 * longer than the limit is given out in pieces. Bytes are not decoded.
 */
export class LinePrefixer {
  readonly #prefix: Uint8Array
  readonly #limitBytes: number
  readonly #shown: (line: Uint8Array) => Uint8Array
  #held: Uint8Array[] = []
  #heldBytes = 0

  constructor(prefix: string, { limitBytes = 64 * 1024, shown = line => line }: LinePrefixerOptions = {}) {
    this.#prefix = new TextEncoder().encode(prefix)
    this.#limitBytes = limitBytes
    this.#shown = shown
  }

  /** The prefixed whole lines that this piece completes; empty when it completes none. */
  push(bytes: Uint8Array): Uint8Array {
    const end = bytes.lastIndexOf(newline) + 1
    if (end === 0) {
      this.#hold(bytes)
      return this.#heldBytes > this.#limitBytes ? this.end() : empty
    }
    const whole = concatenate([...this.#held, bytes.subarray(0, end)])
    this.#held = []
    this.#heldBytes = 0
    if (end < bytes.length) this.#hold(bytes.subarray(end))
    return this.#prefixed(whole)
  }

  /** What is left without a newline, as a line. */
  end(): Uint8Array {
    if (this.#heldBytes === 0) return empty
    const line = concatenate([...this.#held, Uint8Array.of(newline)])
    this.#held = []
    this.#heldBytes = 0
    return this.#prefixed(line)
  }

  #hold(bytes: Uint8Array): void {
    // A copy: the buffer of the transport may be used again.
    this.#held.push(bytes.slice())
    this.#heldBytes += bytes.length
  }

  #prefixed(lines: Uint8Array): Uint8Array {
    const pieces: Uint8Array[] = []
    for (let from = 0; from < lines.length; ) {
      const end = lines.indexOf(newline, from) + 1 || lines.length
      pieces.push(this.#prefix, this.#shown(lines.subarray(from, end)))
      from = end
    }
    return concatenate(pieces)
  }
}

const newline = 10
const empty = new Uint8Array()
const concatenate = (pieces: readonly Uint8Array[]): Uint8Array =>
  pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces)

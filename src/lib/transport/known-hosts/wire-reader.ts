/** Reads the data types of RFC 4251 section 5, one after the other. @throws RangeError when the bytes end too early */
export class WireReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get position(): number {
    return this.#at
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  byte(): number {
    return this.#bytes.readUInt8(this.#skip(1))
  }

  uint32(): number {
    return this.#bytes.readUInt32BE(this.#skip(4))
  }

  uint64(): bigint {
    return this.#bytes.readBigUInt64BE(this.#skip(8))
  }

  string(): Buffer {
    const length = this.uint32()
    const start = this.#skip(length)
    return this.#bytes.subarray(start, start + length)
  }

  text(): string {
    return this.string().toString('utf8')
  }

  /** Strings up to the end. */
  strings(): Buffer[] {
    const all: Buffer[] = []
    while (!this.isAtEnd) all.push(this.string())
    return all
  }

  #skip(length: number): number {
    const start = this.#at
    if (start + length > this.#bytes.length) throw new RangeError('the value ends too early')
    this.#at = start + length
    return start
  }
}

/** A string of RFC 4251: its length, then its bytes. */
export function wireString(value: Uint8Array | string): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

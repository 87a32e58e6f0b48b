import type { ByteSource } from './byte-source.ts'

/** The same bytes; throws at their end where the last frame is not whole, of which the runtime's own reader says nothing. */
export function wholeZstd(source: ByteSource): ByteSource {
  const frames = new ZstdFrames()
  return {
    async read(into) {
      const read = await source.read(into)
      if (read === 0 && !frames.isWhole) throw new Error('unexpected end of the compressed data')
      frames.add(into.subarray(0, read))
      return read
    },
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  }
}

const skippable = 0x184d2a5
const repeatedBlock = 1

/** Goes along frames and blocks by their headers alone (RFC 8878, section 3.1). */
class ZstdFrames {
  #next: 'frame' | 'descriptor' | 'block' | 'size' = 'frame'
  /** Bytes that are still to be passed over, and those of a header that is to be read. */
  #over = 0
  #header: number[] = []
  #hasChecksum = false

  /** Between two frames. */
  get isWhole(): boolean {
    return this.#next === 'frame' && this.#over === 0 && this.#header.length === 0
  }

  add(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.#over > 0) {
        const passed = Math.min(this.#over, bytes.length - at)
        this.#over -= passed
        at += passed
        continue
      }
      this.#header.push(bytes[at++] ?? 0)
      if (this.#header.length < headerLength[this.#next]) continue
      const value = this.#header.reduceRight((sum, byte) => sum * 256 + byte, 0)
      this.#header = []
      this.#read(value)
    }
  }

  #read(value: number): void {
    switch (this.#next) {
      case 'frame':
        this.#next = Math.floor(value / 16) === skippable ? 'size' : 'descriptor'
        break
      case 'size':
        this.#over = value
        this.#next = 'frame'
        break
      case 'descriptor':
        this.#over = restOfHeader(value)
        this.#hasChecksum = (value & 4) !== 0
        this.#next = 'block'
        break
      case 'block': {
        const isLast = (value & 1) === 1
        const type = (value >> 1) & 3
        this.#over = type === repeatedBlock ? 1 : value >> 3
        if (isLast && this.#hasChecksum) this.#over += checksumLength
        if (isLast) this.#next = 'frame'
      }
    }
  }
}

const headerLength = { frame: 4, size: 4, descriptor: 1, block: 3 }
const checksumLength = 4

/** Of a frame, behind its descriptor: window, dictionary and size of the content. */
function restOfHeader(descriptor: number): number {
  const isSingle = (descriptor & 0x20) !== 0
  const dictionary = [0, 1, 2, 4][descriptor & 3] ?? 0
  const size = [isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0
  return (isSingle ? 0 : 1) + dictionary + size
}

import type { HeldBody } from './held-body.ts'
import { protocolError } from './protocol-error.ts'

/** 13 hexadecimal digits are as much as a number holds exactly. */
const maxDigits = 13
/** Of all chunks together: extensions mean nothing to us. */
const maxExtensionBytes = 16_384
const maxTrailerBytes = 65_536

const lf = 0x0a
const cr = 0x0d

type State = 'size' | 'extension' | 'data' | 'data-end' | 'trailer' | 'done'

/** Takes a chunked body apart (RFC 9112, section 7.1), however it is cut. A line may end with LF alone. */
export class ChunkedBody {
  readonly #body: HeldBody
  #state: State = 'size'
  /** Of the chunk: what its first line says, then what is still to come. */
  #size = 0
  #digits = 0
  #sawCr = false
  #extensionBytes = 0
  #trailerBytes = 0
  #lineBytes = 0

  constructor(body: HeldBody) {
    this.#body = body
  }

  get done(): boolean {
    return this.#state === 'done'
  }

  /** Gives where the bytes of the body end in these; all of them as long as it is not done. @throws NetError */
  push(bytes: Buffer, from: number): number {
    let at = from
    while (at < bytes.length && this.#state !== 'done') {
      if (this.#state === 'data') at = this.#data(bytes, at)
      else this.#byte(bytes[at++] ?? 0)
    }
    return at
  }

  #data(bytes: Buffer, at: number): number {
    const end = Math.min(bytes.length, at + this.#size)
    this.#body.add(bytes, at, end)
    this.#size -= end - at
    if (this.#size === 0) this.#state = 'data-end'
    return end
  }

  #byte(byte: number): void {
    if (this.#state === 'trailer' && ++this.#trailerBytes > maxTrailerBytes) {
      throw protocolError('the trailer of the answer is longer than 64 KiB')
    }
    if (byte === lf) {
      this.#sawCr = false
      this.#endLine()
      return
    }
    if (this.#sawCr) throw protocolError('a line between chunks of the answer has a CR without LF')
    if (byte === cr) {
      this.#sawCr = true
      return
    }
    switch (this.#state) {
      case 'size':
        this.#sizeByte(byte)
        return
      case 'extension':
        if (++this.#extensionBytes > maxExtensionBytes) throw protocolError('the extensions of chunks are longer than 16 KiB')
        return
      case 'trailer':
        this.#lineBytes++
        return
      default:
        throw protocolError('a chunk of the answer is longer than it says')
    }
  }

  #sizeByte(byte: number): void {
    const digit = hexDigit(byte)
    if (digit === -1) {
      // `;`, a blank before it, or what is no size at all.
      if (this.#digits === 0 || (byte !== 0x3b && byte !== 0x20 && byte !== 0x09)) throw noSize()
      this.#state = 'extension'
      return
    }
    if (++this.#digits > maxDigits) throw protocolError('a chunk of the answer says a length that can not be')
    this.#size = this.#size * 16 + digit
  }

  #endLine(): void {
    if (this.#state === 'trailer') {
      if (this.#lineBytes === 0) this.#state = 'done'
      this.#lineBytes = 0
      return
    }
    if (this.#state === 'data-end') {
      this.#state = 'size'
      this.#digits = 0
      return
    }
    if (this.#digits === 0) throw noSize()
    this.#state = this.#size === 0 ? 'trailer' : 'data'
  }
}

const noSize = () => protocolError('a chunk of the answer begins without its length')

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}

import { ByteQueue } from '../byte-queue.ts'
import { NetError } from '../net-error.ts'

/** Frames of RFC 6455, section 5. */
export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const
export type Opcode = (typeof opcodes)[keyof typeof opcodes]

export interface Frame {
  readonly final: boolean
  readonly opcode: Opcode
  readonly payload: Buffer
}

const known: ReadonlySet<number> = new Set(Object.values(opcodes))
const maxControl = 125
const maskBytes = 4

const isOpcode = (opcode: number): opcode is Opcode => known.has(opcode)
export const isControl = (opcode: Opcode): boolean => opcode >= opcodes.close

/** A frame of a client, which is masked (section 5.3); the mask must be one that nobody can know before. */
export function encodeFrame({ final, opcode, payload }: Frame, mask: Uint8Array): Buffer {
  const { length } = payload
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10)
  head[0] = (final ? 0x80 : 0) | opcode
  head[1] = 0x80 | (length < 126 ? length : length < 65_536 ? 126 : 127)
  if (head.length === 4) head.writeUInt16BE(length, 2)
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2)
  const masked = Buffer.from(payload)
  for (let at = 0; at < length; at++) masked[at] = (masked[at] ?? 0) ^ (mask[at % maskBytes] ?? 0)
  return Buffer.concat([head, mask, masked])
}

/** Reads the frames of a server from its bytes, however they are cut. Who feeds it bounds how much that is. */
export class FrameReader {
  readonly #maxBytes: number
  readonly #held = new ByteQueue()

  /** `maxBytes`: a longer frame is refused as soon as it tells its length. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  push(bytes: Uint8Array): void {
    this.#held.push(bytes)
  }

  /** The next frame, if all of it is there. @throws NetError `protocol`, `too-large` */
  next(): Frame | undefined {
    const [first, second] = this.#held.bytes
    if (first === undefined || second === undefined) return undefined
    const opcode = first & 0x0f
    if ((first & 0x70) !== 0) throw broken('a frame uses an extension that was not agreed on')
    if (!isOpcode(opcode)) throw broken(`a frame is of the unknown kind ${opcode}`)
    if ((second & 0x80) !== 0) throw broken('a frame of the server is masked')
    const final = (first & 0x80) !== 0
    const short = second & 0x7f
    if (isControl(opcode) && (!final || short > maxControl)) throw broken('a control frame is cut or too long')
    const size = this.#length(short)
    if (size === undefined) return undefined
    const { length, from } = size
    if (length > this.#maxBytes) {
      throw new NetError('too-large', `the server sends a frame of ${length} bytes, more than ${this.#maxBytes}`, {
        phase: 'transfer',
      })
    }
    if (this.#held.length < from + length) return undefined
    return { final, opcode, payload: this.#held.take(from + length).subarray(from) }
  }

  /** Of the payload, and where it begins. */
  #length(short: number): { readonly length: number; readonly from: number } | undefined {
    if (short < 126) return { length: short, from: 2 }
    const from = short === 126 ? 4 : 10
    if (this.#held.length < from) return undefined
    const length = short === 126 ? this.#held.bytes.readUInt16BE(2) : Number(this.#held.bytes.readBigUInt64BE(2))
    if (length < (short === 126 ? 126 : 65_536)) throw broken('a frame tells its length in a longer way than it needs')
    return { length, from }
  }
}

export const broken = (message: string): NetError => new NetError('protocol', message, { phase: 'transfer' })

import { broken, type Frame, isControl, opcodes } from './frame.ts'

/** What a server says: a text, bytes, or something about the connection. */
export type Message =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'binary' | 'ping' | 'pong'; readonly bytes: Buffer }
  | { readonly kind: 'close'; readonly code?: number; readonly reason: string }

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Puts messages together from frames (RFC 6455, section 5.4); control frames may stand between their parts. */
export class MessageReader {
  #parts: Buffer[] = []
  #kind: 'text' | 'binary' | undefined

  /** @throws NetError `protocol` */
  add({ final, opcode, payload }: Frame): Message | undefined {
    if (isControl(opcode)) return control(opcode, payload)
    if (opcode === opcodes.continuation) {
      if (this.#kind === undefined) throw broken('a message goes on that never began')
    } else {
      if (this.#kind !== undefined) throw broken('a message begins before the last one is complete')
      this.#kind = opcode === opcodes.text ? 'text' : 'binary'
    }
    this.#parts.push(payload)
    if (!final) return undefined
    const bytes = Buffer.concat(this.#parts)
    const kind = this.#kind ?? 'binary'
    this.#parts = []
    this.#kind = undefined
    return kind === 'text' ? { kind, text: textOf(bytes) } : { kind, bytes }
  }
}

function control(opcode: number, payload: Buffer): Message {
  if (opcode === opcodes.ping) return { kind: 'ping', bytes: payload }
  if (opcode === opcodes.pong) return { kind: 'pong', bytes: payload }
  if (payload.length === 0) return { kind: 'close', reason: '' }
  if (payload.length === 1) throw broken('the server closes with half a code')
  const code = payload.readUInt16BE(0)
  if (!isCode(code)) throw broken(`the server closes with the code ${code}, which may not be sent`)
  return { kind: 'close', code, reason: textOf(payload.subarray(2)) }
}

/** Those that may stand in a frame (section 7.4). */
const isCode = (code: number): boolean =>
  (code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006) || (code >= 3000 && code <= 4999)

function textOf(bytes: Buffer): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw broken('a text is not UTF-8')
  }
}

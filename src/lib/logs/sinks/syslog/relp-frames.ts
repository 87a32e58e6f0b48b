import { ByteQueue } from '../../../net/byte-queue.ts'

/** `TXNR SP COMMAND SP DATALEN [SP DATA] LF`. */
export interface RelpFrame {
  readonly number: number
  readonly command: string
  readonly data: string
}

const lineEnd = Buffer.from('\n')

export const relpFrame = (number: number, command: string, data: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(`${number} ${command} ${data.length}${data.length > 0 ? ' ' : ''}`), data, lineEnd])

/** What servers say is short. */
const maxBytes = 64 * 1024
const longestHead = 9 + 1 + 32 + 1 + 9 + 1
const newline = 10

/** Frames of RELP (https://github.com/rsyslog/librelp/blob/master/doc/relp.html) as they come. */
export class RelpFrames {
  readonly #held = new ByteQueue();

  /** @throws Error for what is none */
  *add(bytes: Uint8Array): Generator<RelpFrame> {
    this.#held.push(bytes)
    for (let frame = this.#next(); frame; frame = this.#next()) yield frame
  }

  #next(): RelpFrame | undefined {
    const held = this.#held.bytes
    const start = held.subarray(0, longestHead).toString('latin1')
    const [head, number = '', command = '', digits = '', then] = /^(\d{1,9}) (\w{1,32}) (\d{1,9})([ \n])/.exec(start) ?? []
    if (head === undefined) {
      if (start.length < longestHead && !start.includes('\n')) return undefined
      throw new Error('what the server says is no RELP')
    }
    const length = Number(digits)
    if (length > maxBytes) throw new Error(`the server says ${length} bytes at once`)
    const end = head.length + (then === '\n' ? -1 : length)
    if (then === '\n' && length > 0) throw new Error('what the server says is no RELP')
    if (held.length <= end) return undefined
    if (held[end] !== newline) throw new Error('what the server says is no RELP')
    const data = held.toString('utf8', Math.min(head.length, end), end)
    this.#held.drop(end + 1)
    return { number: Number(number), command, data }
  }
}

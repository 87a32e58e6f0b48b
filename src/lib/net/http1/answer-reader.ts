import { NetError } from '../net-error.ts'
import { type AnswerHead, parseAnswerHead } from './answer-head.ts'
import { ChunkedBody } from './chunked-body.ts'
import { fieldWords } from './field.ts'
import { type Framing, framingOf } from './framing.ts'
import { HeadBuffer } from './head-buffer.ts'
import { type BodyLimits, HeldBody } from './held-body.ts'
import { noBytes } from './no-bytes.ts'
import { protocolError } from './protocol-error.ts'

const maxInterimHeads = 16

/** Reads one answer from the bytes of a connection, however they are cut. */
export class AnswerReader {
  readonly #method: string
  readonly #body: HeldBody
  readonly #onHead: ((head: AnswerHead) => void) | undefined
  #headBuffer: HeadBuffer | undefined = new HeadBuffer()
  #head: AnswerHead | undefined
  #framing: Framing | undefined
  #chunks: ChunkedBody | undefined
  #interimHeads = 0
  #done = false
  /** Bytes that came after the answer. */
  rest: Buffer = noBytes

  constructor(method: string, limits: BodyLimits, onHead?: (head: AnswerHead) => void) {
    this.#method = method
    this.#body = new HeldBody(limits)
    this.#onHead = onHead
  }

  get done(): boolean {
    return this.#done
  }

  /** Whether there was any byte. */
  get started(): boolean {
    return this.#headBuffer === undefined || this.#headBuffer.length > 0 || this.#interimHeads > 0
  }

  get head(): AnswerHead | undefined {
    return this.#head
  }

  /** What is kept of the body. */
  get body(): Buffer {
    return this.#body.bytes
  }

  /** Of all of the body. */
  get bodyBytes(): number {
    return this.#body.total
  }

  /** Something else than HTTP follows on the connection. */
  get switched(): boolean {
    const status = this.#head?.status ?? 0
    return status === 101 || (this.#method === 'CONNECT' && status >= 200 && status < 300)
  }

  /** Whether another request may follow on the connection (RFC 9112, section 9.3). */
  get keepsConnection(): boolean {
    const head = this.#head
    if (!this.#done || head === undefined || this.#framing?.kind === 'close' || this.rest.length > 0) return false
    const words = fieldWords(head.headers, 'connection')
    return head.version === '1.0' ? words.includes('keep-alive') : !words.includes('close')
  }

  /** @throws NetError when it is no answer, or too large */
  push(bytes: Buffer): void {
    let at = 0
    while (this.#headBuffer !== undefined) {
      const found = this.#headBuffer.push(at === 0 ? bytes : bytes.subarray(at))
      if (found === undefined) return
      at += found.used
      this.#takeHead(parseAnswerHead(found.text))
      if (at === bytes.length) break
    }
    if (this.#headBuffer !== undefined) return
    if (!this.#done) at = this.#takeBody(bytes, at)
    if (this.#done && at < bytes.length) this.rest = bytes.subarray(at)
  }

  /** The other side has closed the connection. @throws NetError when more should have come */
  end(): void {
    if (this.#done) return
    if (this.#framing?.kind === 'close') {
      this.#done = true
      return
    }
    const phase = this.started ? 'transfer' : 'wait'
    throw new NetError('reset', `the connection was closed ${this.#where()}`, { phase })
  }

  /** In which part of the answer we are, for messages. */
  #where(): string {
    if (this.#headBuffer !== undefined) return !this.started ? 'before the answer' : 'in the head of the answer'
    if (this.#framing?.kind === 'length') return `after ${this.#body.total} of ${this.#framing.bytes} bytes of the body`
    return `in the body, after ${this.#body.total} bytes`
  }

  #takeHead(head: AnswerHead): void {
    // 101 is the last one of HTTP on this connection.
    if (head.status < 200 && head.status !== 101) {
      if (++this.#interimHeads > maxInterimHeads) {
        throw protocolError(`the server sends more than ${maxInterimHeads} interim answers`)
      }
      return
    }
    this.#head = head
    this.#headBuffer = undefined
    this.#onHead?.(head)
    const framing = framingOf(this.#method, head)
    this.#framing = framing
    if (framing.kind === 'length') this.#body.expect(framing.bytes)
    if (framing.kind === 'chunked') this.#chunks = new ChunkedBody(this.#body)
    this.#done = framing.kind === 'none' || (framing.kind === 'length' && framing.bytes === 0)
  }

  #takeBody(bytes: Buffer, at: number): number {
    if (this.#chunks !== undefined) {
      const end = this.#chunks.push(bytes, at)
      this.#done = this.#chunks.done
      return end
    }
    const left = this.#framing?.kind === 'length' ? this.#framing.bytes - this.#body.total : Number.POSITIVE_INFINITY
    const end = Math.min(bytes.length, at + left)
    this.#body.add(bytes, at, end)
    this.#done = end - at === left
    return end
  }
}

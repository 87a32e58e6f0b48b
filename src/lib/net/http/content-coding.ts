import type { Duplex } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw, createZstdDecompress } from 'node:zlib'
import type { Answer } from '../http1/connection.ts'
import { fieldWords } from '../http1/field.ts'
import { type BodyLimits, HeldBody } from '../http1/held-body.ts'
import { NetError } from '../net-error.ts'

export interface DecodedBody {
  readonly bytes: Buffer
  /** Of all of it, decoded. */
  readonly size: number
  /** There is more than is kept. */
  readonly truncated: boolean
}

/** One coding upon another is rare; more are only there to make work. */
const maxCodings = 3

/**
 * The body of an answer without its content-codings. What it becomes is under the same limits as what came, so that a small body
 * that unfolds into gigabytes ends early and is never held. A coding that we do not know is left as it is.
 * @throws NetError; the signal's reason when it aborts
 */
export function decodeBody(answer: Answer, { limits, signal }: Decoding): DecodedBody | Promise<DecodedBody> {
  const { body, bodyBytes, headers } = answer
  const codings = fieldWords(headers, 'content-encoding').filter(coding => coding !== 'identity')
  const plain = { bytes: body, size: bodyBytes, truncated: bodyBytes > body.length }
  if (codings.length === 0 || body.length === 0) return plain
  if (codings.length > maxCodings)
    throw new NetError('protocol', `the body is coded ${codings.length} times`, { phase: 'transfer' })
  const decoders = codings.reverse().map((coding, index) => decoderOf(coding, index === 0 ? body[0] : undefined))
  if (!decoders.every(decoder => decoder !== undefined)) return plain
  return decode(body, { decoders, codings, limits, signal, isCut: plain.truncated })
}

interface Decoding {
  readonly limits: BodyLimits
  readonly signal: AbortSignal
}

function decoderOf(coding: string, firstByte: number | undefined): Duplex | undefined {
  switch (coding) {
    case 'gzip':
    case 'x-gzip':
      return createGunzip()
    case 'deflate':
      // Some servers send it without the wrapping of zlib (RFC 9110, section 8.4.1.2), of which the low half of the first byte is 8.
      return firstByte === undefined || (firstByte & 0x0f) === 8 ? createInflate() : createInflateRaw()
    case 'br':
      return createBrotliDecompress()
    case 'zstd':
      return createZstdDecompress()
    default:
      return undefined
  }
}

interface Decoders extends Decoding {
  readonly decoders: readonly Duplex[]
  readonly codings: readonly string[]
  /** The coded body is not all there. */
  readonly isCut: boolean
}

function decode(body: Buffer, { decoders, codings, limits, signal, isCut }: Decoders): Promise<DecodedBody> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const held = new HeldBody(limits)
    const settle = (end: () => void): void => {
      signal.removeEventListener('abort', abort)
      for (const decoder of decoders) decoder.on('error', () => undefined).destroy()
      end()
    }
    const finish = (isWhole: boolean): void =>
      settle(() => resolve({ bytes: held.bytes, size: held.total, truncated: !isWhole || held.total > held.bytes.length }))
    const fail = (error: unknown): void => settle(() => reject(error))
    const abort = (): void => fail(signal.reason)
    signal.addEventListener('abort', abort)
    for (const decoder of decoders) {
      decoder.once('error', cause => {
        if (isCut && held.total > 0) finish(false)
        else
          fail(
            new NetError('protocol', `the body is not ${codings.join(', ')}, as its header says`, { phase: 'transfer', cause }),
          )
      })
    }
    const [first] = decoders
    const last = decoders.reduce((from, to) => from.pipe(to))
    last.on('data', (bytes: Buffer) => {
      try {
        held.add(bytes, 0, bytes.length)
      } catch (error) {
        fail(error)
      }
    })
    last.once('end', () => finish(!isCut))
    first?.end(body)
  })
}

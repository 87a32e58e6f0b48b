import type { AnswerHead } from './answer-head.ts'
import { fieldValues, fieldWords } from './field.ts'
import { protocolError } from './protocol-error.ts'

/** Where the body of an answer ends. */
export type Framing =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'chunked' }
  /** With the connection. */
  | { readonly kind: 'close' }

const none: Framing = { kind: 'none' }
const chunked: Framing = { kind: 'chunked' }
const close: Framing = { kind: 'close' }

/**
 * RFC 9112, section 6.3, without leniency where two lengths contradict each other.
 * @throws NetError
 */
export function framingOf(method: string, { status, headers }: AnswerHead): Framing {
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return none
  if (method === 'CONNECT' && status < 300) return none
  const codings = fieldWords(headers, 'transfer-encoding')
  const lengths = fieldValues(headers, 'content-length')
  if (codings.length > 0) {
    if (lengths.length > 0) throw protocolError('the answer has both transfer-encoding and content-length')
    if (codings.length === 1 && codings[0] === 'chunked') return chunked
    throw protocolError(`the answer has the transfer-encoding ${codings.join(', ')}, which was not asked for`)
  }
  return lengths.length > 0 ? { kind: 'length', bytes: lengthOf(lengths) } : close
}

/** The same length several times is a length (RFC 9110, section 8.6). */
function lengthOf(values: readonly string[]): number {
  const [only = ''] = values
  if (values.length === 1 && /^\d{1,15}$/.test(only)) return Number(only)
  const lengths = new Set(values.flatMap(value => value.split(',').map(each => each.trim())))
  const [length = ''] = lengths
  if (lengths.size > 1) throw protocolError(`the answer has several content-lengths: ${[...lengths].slice(0, 4).join(', ')}`)
  if (!/^\d{1,15}$/.test(length)) throw protocolError(`the answer has the content-length ${JSON.stringify(length.slice(0, 40))}`)
  return Number(length)
}

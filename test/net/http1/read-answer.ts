import { AnswerReader } from '../../../src/lib/net/http1/answer-reader.ts'
import type { BodyLimits } from '../../../src/lib/net/http1/held-body.ts'
import { NetError } from '../../../src/lib/net/net-error.ts'

const limits: BodyLimits = { hold: 1024, read: 8192 }

/** What the reader makes of an answer that comes in these pieces, after which the connection ends. A fault other than a NetError is thrown. */
export function readAnswer(pieces: readonly Buffer[], { method = 'GET', limits: given = limits } = {}) {
  const reader = new AnswerReader(method, given)
  try {
    for (const piece of pieces) {
      if (reader.done) break
      reader.push(piece)
    }
    const closed = reader.done
    reader.end()
    const { status, version, headers } = reader.head ?? {}
    return { status, version, headers, body: reader.body.toString('latin1'), bodyBytes: reader.bodyBytes, endsByItself: closed }
  } catch (error) {
    if (!(error instanceof NetError)) throw error
    return { reason: error.reason, message: error.message }
  }
}

/** Cuts bytes at these places, in any order and number. */
export function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...new Set(places.map(place => place % (bytes.length + 1)))].sort((a, b) => a - b)
  return [...ends, bytes.length]
    .map((end, index) => bytes.subarray(index === 0 ? 0 : ends[index - 1], end))
    .filter(piece => piece.length > 0)
}

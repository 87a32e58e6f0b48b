import type { Batch } from '../batch.ts'

export interface LineLimit {
  /** Longest line, in bytes without its newline. */
  readonly maxLineBytes: number
  /** What becomes of a longer one: its beginning is kept, or it is taken as several lines. */
  readonly longLines: 'cut' | 'split'
}

const newline = 10

/** The batch, in parts where a line of it is too long. */
export function* within(batch: Batch, limit: LineLimit): Iterable<Batch> {
  const { bytes, origin } = batch
  let done = 0
  const part = (from: number, to: number): Batch => ({
    bytes: bytes.subarray(from, to),
    origin: { ...origin, from: origin.from + from, to: Math.min(origin.to, origin.from + to) },
  })
  if (bytes.length - 1 <= limit.maxLineBytes) return yield batch
  for (let begin = 0; begin < bytes.length; ) {
    const end = bytes.indexOf(newline, begin)
    if (end - begin > limit.maxLineBytes) {
      if (begin > done) yield part(done, begin)
      yield* shortened(part(begin, end + 1), limit)
      done = end + 1
    }
    begin = end + 1
  }
  if (done < bytes.length) yield done === 0 ? batch : part(done, bytes.length)
}

/** The first bytes of a line as a line, without half a character. */
export function cutLine(line: Uint8Array, maxBytes: number): Uint8Array {
  let end = Math.min(line.length, maxBytes)
  for (let back = 0; back < 3 && end > 1 && end < line.length && ((line[end] ?? 0) & 0xc0) === 0x80; back++) end--
  const cut = new Uint8Array(end + 1)
  cut.set(line.subarray(0, end))
  cut[end] = newline
  return cut
}

/** A batch that is one line, which is too long. */
function* shortened({ bytes, origin }: Batch, { maxLineBytes, longLines }: LineLimit): Iterable<Batch> {
  const line = bytes.subarray(0, -1)
  if (longLines === 'cut') return yield { bytes: cutLine(line, maxLineBytes), origin, cutFrom: line.length }
  for (let at = 0; at < line.length; ) {
    const piece = cutLine(line.subarray(at), maxLineBytes)
    const end = at + piece.length - 1
    const to = end === line.length ? origin.to : origin.from + end
    yield { bytes: piece, origin: { ...origin, from: origin.from + at, to } }
    at = end
  }
}

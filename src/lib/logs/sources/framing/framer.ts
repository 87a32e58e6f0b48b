import type { Framing } from '../../../core/log-source.ts'
import type { Encoding } from './encoding.ts'
import { type LineJudge, lineJudge } from './line-judge.ts'

/** What comes of some raw bytes: whole lines as UTF-8, or a line that is left out. */
export interface Piece {
  /** Raw bytes that it is made of, and where they begin: behind the piece before. */
  readonly length: number
  /** Absent where the line is skipped. */
  readonly bytes?: Uint8Array
  /** See SourceLines. */
  readonly cutFrom?: number
  readonly ends?: Uint32Array
}

export interface Window {
  /** What is there from the line on that comes next. */
  readonly raw: Uint8Array
  /** There is no room for more: something must come of it. */
  readonly isFull: boolean
  /** Nothing follows: a last line without its end is one, and so is a last event. */
  readonly isLast: boolean
  /** A last event is at its end, a last line is not. */
  readonly closesEvent?: boolean
}

/**
 * Tells lines and events apart. It keeps nothing of what it is shown but for lines that are longer than any window: what no piece was made
 * of is to be shown again, together with what follows.
 */
export class Framer {
  readonly #framing: Framing
  readonly #encoding: Encoding
  readonly #judge: LineJudge | undefined
  /** A line of which the end is looked for: what is kept of it, and its length so far. */
  #long: { readonly begin: Uint8Array; length: number } | undefined

  constructor(framing: Framing, encoding: Encoding) {
    this.#framing = framing
    this.#encoding = encoding
    this.#judge = framing.multiline && lineJudge(framing.multiline.by)
  }

  /** Raw bytes that were taken of a line that is not at its end: they are not to be shown again. */
  get taken(): number {
    return this.#long?.length ?? 0
  }

  /** Pieces one behind the other; what lies behind the last and is not `taken` is to be shown again. */
  *pieces(window: Window): Iterable<Piece> {
    const { raw, isFull, isLast } = window
    let at = 0
    if (this.#long !== undefined) {
      const end = this.#encoding.lineEnd(raw, 0)
      this.#long.length += end === -1 ? raw.length : end
      if (end === -1 && !isLast) return
      at = end === -1 ? raw.length : end
      yield this.#endLong(end !== -1)
    }
    const rest = raw.subarray(at)
    const whole = this.#encoding.lastLineEnd(rest)
    const isWhole = isFull && at === 0
    if (isLast && whole < rest.length) yield* this.#withEnd(rest, window)
    else if (isWhole && whole === 0) yield* this.#overflow(rest)
    else yield* this.#lines(rest.subarray(0, whole), { ...window, isFull: isWhole })
  }

  /** Lines of which the last has no end: it gets one. */
  *#withEnd(raw: Uint8Array, window: Window): Iterable<Piece> {
    const { newlineBytes, newline } = this.#encoding
    const length = raw.length - (raw.length % newlineBytes)
    const ended = new Uint8Array(length + newlineBytes)
    ended.set(raw.subarray(0, length))
    ended.set(newline, length)
    let left = ended.length
    for (const piece of this.#lines(ended, window)) {
      left -= piece.length
      yield left === 0 ? { ...piece, length: piece.length + raw.length - ended.length } : piece
    }
  }

  *#lines(raw: Uint8Array, window: Window): Iterable<Piece> {
    const { maxLineBytes } = this.#framing
    if (raw.length === 0) return
    if (raw.length - this.#encoding.newlineBytes <= maxLineBytes) return yield* this.#events(raw, window)
    let begin = 0
    let done = 0
    while (begin < raw.length) {
      const end = this.#encoding.lineEnd(raw, begin)
      if (end - begin - this.#encoding.newlineBytes > maxLineBytes) {
        if (begin > done) yield* this.#events(raw.subarray(done, begin), { ...window, closesEvent: true })
        yield* this.#tooLong(raw.subarray(begin, end), this.#encoding.newlineBytes)
        done = end
      }
      begin = end
    }
    if (done < raw.length) yield* this.#events(raw.subarray(done), window)
  }

  /** Whole lines, none too long; of the last event nothing where it may go on. */
  *#events(raw: Uint8Array, { isFull, isLast, closesEvent = false }: Window): Iterable<Piece> {
    const judge = this.#judge
    const bytes = this.#encoding.utf8(raw)
    if (judge === undefined) {
      const from = isLast || closesEvent ? bytes.length : (this.#framing.pieces?.from(bytes) ?? bytes.length)
      const end = from === 0 && isFull ? bytes.length : from
      if (end > 0) yield { length: this.#lengthOf(raw, { bytes, end }), bytes: bytes.subarray(0, end) }
      return
    }
    const ends = this.#eventEnds(bytes, judge)
    if (isLast || closesEvent || (isFull && ends.length === 0)) {
      if (ends.at(-1) !== bytes.length) ends.push(bytes.length)
    }
    const end = ends.at(-1)
    if (end === undefined) return
    yield { length: this.#lengthOf(raw, { bytes, end }), bytes: bytes.subarray(0, end), ends: Uint32Array.from(ends) }
  }

  /** Where events are known to end, in UTF-8. */
  #eventEnds(bytes: Uint8Array, judge: LineJudge): number[] {
    const { maxLineBytes, multiline } = this.#framing
    const maxLines = multiline?.maxLines ?? 1
    const ends: number[] = []
    let event = 0
    let lines = 0
    for (let begin = 0; begin < bytes.length; ) {
      const end = bytes.indexOf(newline, begin) + 1
      const line = bytes.subarray(begin, end - 1)
      if (lines > 0 && (lines >= maxLines || end - event > maxLineBytes || judge.begins(line))) {
        ends.push(begin)
        event = begin
        lines = 0
      }
      lines++
      if (judge.ends(line)) {
        ends.push(end)
        event = end
        lines = 0
      }
      begin = end
    }
    return ends
  }

  /** Of the raw bytes, of what ends in UTF-8 behind a line. */
  #lengthOf(raw: Uint8Array, { bytes, end }: { readonly bytes: Uint8Array; readonly end: number }): number {
    if (end === bytes.length) return raw.length
    if (bytes === raw) return end
    const lines = countLines(bytes, end)
    let at = 0
    for (let line = 0; line < lines; line++) at = this.#encoding.lineEnd(raw, at)
    return at
  }

  /** The beginning of a line that is longer than the window. */
  *#overflow(raw: Uint8Array): Iterable<Piece> {
    const { longLines, maxLineBytes } = this.#framing
    if (longLines !== 'split') {
      this.#long = { begin: this.#cut(raw), length: raw.length }
      return
    }
    for (let at = 0; at + maxLineBytes < raw.length; ) {
      const length = this.#encoding.whole(raw.subarray(at), maxLineBytes)
      yield this.#splitOff(raw.subarray(at, at + length), length)
      at += length
    }
  }

  #endLong(hasEnd: boolean): Piece {
    const { begin, length } = this.#long ?? { begin: new Uint8Array(), length: 0 }
    this.#long = undefined
    if (this.#framing.longLines === 'skip') return { length }
    return { length, bytes: begin, cutFrom: length - (hasEnd ? this.#encoding.newlineBytes : 0) }
  }

  /** A line that is there whole, with or without its end. */
  *#tooLong(raw: Uint8Array, newlineBytes: number): Iterable<Piece> {
    const { longLines, maxLineBytes } = this.#framing
    const line = raw.subarray(0, raw.length - newlineBytes)
    if (longLines === 'skip') return yield { length: raw.length }
    if (longLines === 'cut') return yield { length: raw.length, bytes: this.#cut(line), cutFrom: line.length }
    for (let at = 0; at < line.length; ) {
      const length = this.#encoding.whole(line.subarray(at), maxLineBytes)
      const isEnd = at + length >= line.length
      yield this.#splitOff(line.subarray(at, at + length), isEnd ? raw.length - at : length)
      at += length
    }
  }

  #splitOff(line: Uint8Array, length: number): Piece {
    const bytes = this.#ended(line)
    return { length, bytes, ...(this.#judge && { ends: Uint32Array.of(bytes.length) }) }
  }

  /** Memory of its own. */
  #cut(line: Uint8Array): Uint8Array {
    return this.#ended(line.subarray(0, this.#encoding.whole(line, this.#framing.maxLineBytes)))
  }

  #ended(line: Uint8Array): Uint8Array {
    const text = this.#encoding.utf8(line)
    const bytes = new Uint8Array(text.length + 1)
    bytes.set(text)
    bytes[text.length] = newline
    return bytes
  }
}

/** When nothing more came for so long, events are at their end; undefined where every line is one. */
export const eventTimeoutMs = ({ multiline, pieces }: Framing): number | undefined => multiline?.timeoutMs ?? pieces?.timeoutMs

const newline = 10

function countLines(bytes: Uint8Array, end: number): number {
  let count = 0
  for (let at = bytes.indexOf(newline); at !== -1 && at < end; at = bytes.indexOf(newline, at + 1)) count++
  return count
}

import type { SourceEvent, SourcePlace, Stream } from '../../../core/log-source.ts'
import { encodingOf } from '../framing/encoding.ts'
import { eventTimeoutMs, Framer } from '../framing/framer.ts'
import type { ByteInbox } from './byte-inbox.ts'

/** Lines of bytes that come once and of which no place can be read again, until the inbox ends. @throws what the inbox ended with */
export async function* arrivingLines(
  inbox: ByteInbox,
  { stream, framing }: { readonly stream: Stream; readonly framing: SourcePlace['framing'] },
): AsyncGenerator<SourceEvent> {
  let reading: Reading | undefined
  for (;;) {
    const quietMs = inbox.bytes.length > 0 ? eventTimeoutMs(framing) : undefined
    const came = await inbox.next(quietMs)
    const isLast = came === 'over'
    if (reading === undefined) {
      if (!isLast && mayBeMark(inbox.bytes)) continue
      reading = new Reading(stream, framing, inbox.bytes)
      inbox.drop(reading.at)
    }
    yield* reading.events(inbox, { isLast, closesEvent: came === 'quiet' })
    if (isLast) return
    if (inbox.isSeen) yield { kind: 'idle' }
  }
}

class Reading {
  readonly #stream: Stream
  readonly #framer: Framer
  readonly #maxLineBytes: number
  /** Behind what the framer has made something of. */
  at: number
  #told = 0

  constructor(stream: Stream, framing: SourcePlace['framing'], head: Uint8Array) {
    const { encoding, markBytes } = encodingOf(framing.encoding, head)
    this.#stream = stream
    this.#framer = new Framer(framing, encoding)
    this.#maxLineBytes = framing.maxLineBytes
    this.at = markBytes
  }

  /** Takes from what came all that something can be made of. */
  *events(inbox: ByteInbox, window: { readonly isLast: boolean; readonly closesEvent: boolean }): Generator<SourceEvent> {
    const place = this.at + this.#framer.taken
    const raw = inbox.bytes
    const isFull = raw.length > this.#maxLineBytes + newlineBytes
    for (const { length, bytes, cutFrom, ends } of this.#framer.pieces({ raw, isFull, ...window })) {
      this.at += length
      const range = { stream: this.#stream, from: this.#told, to: this.at }
      this.#told = this.at
      if (bytes === undefined) yield { kind: 'gap', ...range, bytes: length, reason: 'a line is longer than max_line' }
      else yield { kind: 'lines', ...range, bytes, ...(cutFrom !== undefined && { cutFrom }), ...(ends && { ends }) }
    }
    inbox.drop(this.at + this.#framer.taken - place)
  }
}

/** Of the marks of byte order, EF BB BF and FE FF and FF FE, so little is there that nobody knows. */
function mayBeMark(head: Uint8Array): boolean {
  const [first, second] = head
  if (head.length === 0) return true
  if (first === 0xef) return head.length === 1 || (head.length === 2 && second === 0xbb)
  return head.length === 1 && (first === 0xfe || first === 0xff)
}

/** The most that the end of a line has, of any encoding. */
const newlineBytes = 2

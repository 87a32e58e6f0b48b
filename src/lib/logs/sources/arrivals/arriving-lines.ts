import type { SourceEvent, SourcePlace, Stream } from '../../../core/log-source.ts'
import { ByteQueue } from '../../../net/byte-queue.ts'
import { encodingOf } from '../framing/encoding.ts'
import { Framer } from '../framing/framer.ts'
import type { ByteInbox } from './byte-inbox.ts'

/** Lines of bytes that come once and of which no place can be read again, until the inbox ends. @throws what the inbox ended with */
export async function* arrivingLines(
  inbox: ByteInbox,
  { stream, framing }: { readonly stream: Stream; readonly framing: SourcePlace['framing'] },
): AsyncGenerator<SourceEvent> {
  const held = new ByteQueue()
  let reading: Reading | undefined
  for (;;) {
    const quietMs = held.length > 0 ? framing.multiline?.timeoutMs : undefined
    const came = await inbox.take(quietMs)
    const isLast = came === undefined
    if (typeof came === 'object') held.push(came)
    if (reading === undefined) {
      if (!isLast && mayBeMark(held.bytes)) continue
      reading = new Reading(stream, framing, held.bytes)
      held.drop(reading.at)
    }
    yield* reading.events(held, { isLast, closesEvent: came === 'quiet' })
    if (isLast) return
    if (inbox.isEmpty) yield { kind: 'idle' }
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

  /** Takes from what is held all that something came of. */
  *events(held: ByteQueue, window: { readonly isLast: boolean; readonly closesEvent: boolean }): Generator<SourceEvent> {
    const place = this.at + this.#framer.taken
    const isFull = held.length > this.#maxLineBytes + newlineBytes
    for (const { length, bytes, cutFrom, ends } of this.#framer.pieces({ raw: held.bytes, isFull, ...window })) {
      this.at += length
      const range = { stream: this.#stream, from: this.#told, to: this.at }
      this.#told = this.at
      if (bytes === undefined) yield { kind: 'gap', ...range, bytes: length, reason: 'a line is longer than max_line' }
      else yield { kind: 'lines', ...range, bytes, ...(cutFrom !== undefined && { cutFrom }), ...(ends && { ends }) }
    }
    held.drop(this.at + this.#framer.taken - place)
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

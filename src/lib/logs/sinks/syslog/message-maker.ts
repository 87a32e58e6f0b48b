import type { Clock } from '../../../core/clock.ts'
import type { Parcel, Receipt, RecordPlace, RefusedRecord } from '../../../core/sink.ts'
import { recordLines } from '../over-http/record-lines.ts'
import type { MessageFormat } from './message-format.ts'

export interface MessageTerms {
  readonly format: MessageFormat
  readonly clock: Clock
  readonly maxBytes: number
  /** What becomes of longer ones. */
  readonly longMessages: 'cut' | 'dead'
  /** Messages end with their line: they can have no other newline. */
  readonly isByLines: boolean
}

/** A message, and the record that it was made of. */
export interface PlacedMessage {
  readonly place: RecordPlace
  readonly bytes: Buffer
}

export interface MadeMessages {
  readonly messages: readonly PlacedMessage[]
  readonly refused: readonly RefusedRecord[]
}

/** Makes messages, as long as they may be, of the records of parcels. */
export class MessageMaker {
  readonly #terms: MessageTerms

  constructor(terms: MessageTerms) {
    this.#terms = terms
  }

  /** A newline that has no place is written `#012`, as rsyslog writes it. */
  of(parcels: readonly Parcel[]): MadeMessages {
    const { format, clock, maxBytes, longMessages, isByLines } = this.#terms
    const shown = isByLines ? onOneLine : (text: string): string => text
    const now = clock.now()
    const messages: PlacedMessage[] = []
    const refused: RefusedRecord[] = []
    for (const line of recordLines(parcels)) {
      const { head, text } = format.of(line, now)
      const place = { parcel: line.parcel, record: line.record }
      const front = shown(head)
      const bytes = Buffer.from(front + shown(text))
      if (bytes.length <= maxBytes) messages.push({ place, bytes })
      else if (longMessages === 'cut' && Buffer.byteLength(front) < maxBytes)
        messages.push({ place, bytes: bytes.subarray(0, endOfCharacter(bytes, maxBytes)) })
      else refused.push({ ...place, reason: `longer than max_bytes: ${maxBytes}` })
    }
    return { messages, refused }
  }
}

interface Trouble {
  readonly error: unknown
  /** What was taken all the same. */
  readonly taken?: ReadonlySet<PlacedMessage>
}

/** What came of messages; without trouble they were taken. */
export function receiptOf({ messages, refused }: MadeMessages, trouble?: Trouble): Receipt {
  if (!trouble) return { result: 'delivered', ...(refused.length > 0 && { refused }) }
  const { error, taken } = trouble
  const message = error instanceof Error ? error.message : String(error)
  if (refused.length === 0 && !taken?.size) return { result: 'later', message }
  const pending = messages.filter(each => !taken?.has(each)).map(({ place }) => place)
  return { result: 'later', message, pending, refused }
}

const onOneLine = (text: string): string => text.replaceAll('\n', '#012')

/** At most so many bytes, of which the last ends a character of UTF-8. */
function endOfCharacter(bytes: Uint8Array, most: number): number {
  let end = most
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  return end
}

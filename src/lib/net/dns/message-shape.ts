/** A name is at most 255 bytes (RFC 1035, section 2.3.4); no honest one has as many pointers as labels could be. */
const maxNameBytes = 255
const maxPointers = 127

/** Where the parts of a message are, as far as its own lengths say. */
export interface MessageShape {
  /** After the header, with type and class. */
  readonly question: { readonly start: number; readonly end: number } | undefined
  /** Records of the three sections, one after the other. */
  readonly sections: readonly (readonly { readonly start: number; readonly end: number }[])[]
}

/**
 * The parts of a message (RFC 1035, section 4.1). Every length and pointer is looked at before anything is decoded, so that no message
 * costs more than its size.
 * @throws Error that says what is wrong
 */
export function messageShape(bytes: Buffer, maxRecords: number): MessageShape {
  if (bytes.length < 12) throw new Error(`it has ${bytes.length} bytes, and a header has 12`)
  const [questions, ...counts] = [4, 6, 8, 10].map(at => bytes.readUInt16BE(at))
  if (questions !== undefined && questions > 1) throw new Error(`it holds ${questions} questions`)
  let at = 12
  let question: MessageShape['question']
  if (questions === 1) {
    const end = within(bytes, nameEnd(bytes, at) + 4)
    question = { start: at, end }
    at = end
  }
  if (counts.reduce((sum, count) => sum + count, 0) > maxRecords)
    throw new TooManyRecords(`it holds more than ${maxRecords} records`)
  const sections = counts.map(count =>
    Array.from({ length: count }, () => {
      const start = at
      const data = within(bytes, nameEnd(bytes, start) + 10)
      at = within(bytes, data + bytes.readUInt16BE(data - 2))
      followNames(bytes, { type: bytes.readUInt16BE(data - 10), data })
      return { start, end: at }
    }),
  )
  return { question, sections }
}

/** There may be nothing wrong with it but its size. */
export class TooManyRecords extends Error {
  override readonly name = 'TooManyRecords'
}

function within(bytes: Buffer, end: number): number {
  if (end > bytes.length) throw new Error(`it ends after ${bytes.length} bytes, in the middle of a record`)
  return end
}

/** Where names are in the data of records, by type: after so many bytes so many of them. */
const namesIn: Readonly<Record<number, readonly [after: number, names: number]>> = {
  2: [0, 1],
  5: [0, 1],
  6: [0, 2],
  12: [0, 1],
  15: [2, 1],
  17: [0, 2],
  33: [6, 1],
  39: [0, 1],
  46: [18, 1],
  47: [0, 1],
}

function followNames(bytes: Buffer, { type, data }: { readonly type: number; readonly data: number }): void {
  const [after, names] = namesIn[type] ?? [0, 0]
  let at = data + after
  for (let each = 0; each < names; each++) at = nameEnd(bytes, at)
}

/** After a name, or after its first pointer (RFC 1035, section 4.1.4). Pointers may only lead back. */
function nameEnd(bytes: Buffer, start: number): number {
  let at = start
  let end: number | undefined
  let size = 0
  let pointers = 0
  let before = start
  for (;;) {
    const length = bytes[at]
    if (length === undefined) throw new Error('a name goes on after the end')
    if (length === 0) return end ?? at + 1
    if (length < 64) {
      size += length + 1
      at += length + 1
      if (size >= maxNameBytes) throw new Error('a name is longer than 255 bytes')
      continue
    }
    const low = bytes[at + 1]
    if (length < 192 || low === undefined) throw new Error('a name holds what is no label')
    const target = (length & 63) * 256 + low
    end ??= at + 2
    pointers += 1
    if (target >= before || pointers > maxPointers) throw new Error('a name leads to itself')
    before = target
    at = target
  }
}

import type { Framing, SourceEvent, Stream } from '../../../core/log-source.ts'
import { encodingOf } from '../framing/encoding.ts'
import type { Frame } from './message-frames.ts'

/** Of one sender, as they came one after the other. */
interface Parcel {
  readonly from: string
  readonly lines: Uint8Array[]
  /** Behind each message. */
  readonly ends: number[]
  bytes: number
  /** Some message is of several lines. */
  hasInner: boolean
  readonly cutFrom?: number
}

interface Loss {
  /** In which the stream is counted: bytes, or where nobody knows them, messages. */
  readonly span: number
  readonly bytes?: number
  readonly reason: string
}

const mebi = 1024 * 1024
/** Who can wait does so beyond the first; beyond the second nothing is taken. */
const limits = { waitBytes: mebi, mostBytes: 16 * mebi, parcelBytes: 256 * 1024 }
/** What a short message costs besides its bytes. */
const messageCost = 100

const [newline, carriageReturn, nul] = [10, 13, 0]

/** Messages that came and that nobody has taken yet. */
export class MessageBox {
  readonly #stream: Stream
  readonly #framing: Framing
  readonly #utf8: (raw: Uint8Array) => Uint8Array
  #waiting: (Parcel | Loss)[] = []
  /** By sender, to which more may be added. */
  #open = new Map<string, Parcel>()
  #cost = 0
  #at = 0
  #hasEnded = false
  #arrival = Promise.withResolvers<void>()
  #room = Promise.withResolvers<void>()

  constructor(stream: Stream, framing: Framing) {
    this.#stream = stream
    this.#framing = framing
    const { encoding } = encodingOf(framing.encoding, new Uint8Array())
    this.#utf8 = raw => encoding.utf8(raw)
  }

  get hasRoom(): boolean {
    return this.#cost < limits.mostBytes
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0
  }

  /** Settles when there is room; undefined where there is. */
  get wait(): Promise<void> | undefined {
    return this.#cost < limits.waitBytes || this.#hasEnded ? undefined : this.#room.promise
  }

  /** A copy is kept. */
  add(frame: Frame, from: string): void {
    const raw = trimmed(frame.bytes)
    if (raw.length === 0 || this.#hasEnded) return
    const { maxLineBytes, longLines } = this.#framing
    const isLong = frame.cutFrom !== undefined || raw.length > maxLineBytes
    const length = frame.cutFrom ?? raw.length
    if (isLong && longLines === 'skip') {
      this.lose({ span: length, bytes: length, reason: 'a message is longer than max_line' })
      return
    }
    const kept = isLong ? raw.subarray(0, encodingOf(undefined, raw).encoding.whole(raw, maxLineBytes)) : raw
    const line = asLine(this.#utf8(kept))
    if (isLong) {
      const cut = { lines: [unbroken(line)], ends: [line.length], bytes: line.length, hasInner: false, cutFrom: length }
      this.#waiting.push({ from, ...cut })
      this.#open.delete(from)
    } else this.#append(line, from)
    this.#cost += line.length + messageCost
    this.#arrival.resolve()
  }

  /** Something is gone. */
  lose(loss: Loss): void {
    const last = this.#waiting.at(-1)
    const before = last !== undefined && 'span' in last && last.reason === loss.reason ? last : undefined
    if (before !== undefined) this.#waiting.pop()
    const bytes = loss.bytes === undefined ? undefined : loss.bytes + (before?.bytes ?? 0)
    this.#waiting.push({ span: loss.span + (before?.span ?? 0), reason: loss.reason, ...(bytes !== undefined && { bytes }) })
    this.#open.clear()
    this.#arrival.resolve()
  }

  /** Nothing more comes. */
  end(): void {
    this.#hasEnded = true
    this.#arrival.resolve()
    this.#room.resolve()
  }

  /** All that is there, as events, waiting until something is; undefined at the end. */
  async take(): Promise<readonly SourceEvent[] | undefined> {
    if (this.isEmpty && !this.#hasEnded) await this.#arrival.promise
    this.#arrival = Promise.withResolvers()
    if (this.isEmpty) return undefined
    const taken = this.#waiting
    this.#waiting = []
    this.#open = new Map()
    this.#cost = 0
    this.#room.resolve()
    this.#room = Promise.withResolvers()
    return taken.map(each => this.#event(each))
  }

  #append(line: Uint8Array, from: string): void {
    const open = this.#open.get(from)
    const parcel: Parcel = open ?? { from, lines: [], ends: [], bytes: 0, hasInner: false }
    parcel.lines.push(line)
    parcel.bytes += line.length
    parcel.ends.push(parcel.bytes)
    parcel.hasInner ||= line.indexOf(newline) < line.length - 1
    if (open === undefined) {
      this.#waiting.push(parcel)
      this.#open.set(from, parcel)
    }
    if (parcel.bytes >= limits.parcelBytes) this.#open.delete(from)
  }

  #event(each: Parcel | Loss): SourceEvent {
    const stream = this.#stream
    const from = this.#at
    if ('span' in each) {
      this.#at += each.span
      const { bytes, reason } = each
      return { kind: 'gap', stream, from, to: this.#at, reason, ...(bytes !== undefined && { bytes }) }
    }
    const { lines, ends, bytes, hasInner, cutFrom } = each
    this.#at += cutFrom === undefined ? bytes : cutFrom + 1
    return {
      ...{ kind: 'lines', stream, from, to: this.#at, bytes: Buffer.concat(lines, bytes) },
      fields: { source_address: each.from },
      ...(hasInner && { ends: Uint32Array.from(ends) }),
      ...(cutFrom !== undefined && { cutFrom }),
    }
  }
}

/** Without what programs put behind a message. */
function trimmed(bytes: Uint8Array): Uint8Array {
  let end = bytes.length
  while (end > 0 && [newline, carriageReturn, nul].includes(bytes[end - 1] ?? -1)) end--
  return bytes.subarray(0, end)
}

function asLine(text: Uint8Array): Uint8Array {
  const line = new Uint8Array(text.length + 1)
  line.set(text)
  line[text.length] = newline
  return line
}

/** What is cut is one line. */
function unbroken(line: Uint8Array): Uint8Array {
  for (let at = line.indexOf(newline); at !== -1 && at < line.length - 1; at = line.indexOf(newline, at + 1)) line[at] = space
  return line
}

const space = 32

import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Framing, SourceEvent, Stream } from '../../../core/log-source.ts'
import { encodingOf } from '../framing/encoding.ts'
import { eventTimeoutMs, Framer } from '../framing/framer.ts'
import type { RemoteFile, RemoteReader } from './remote-reader.ts'

const identitySchema = z.object({
  host: z.string(),
  path: z.string(),
  node: z.string(),
  prefix: z.object({ length: z.number(), sha256: z.string() }),
  /** Where reading began: what was there before was not asked for. */
  begin: z.number(),
})
export type RemoteIdentity = z.output<typeof identitySchema>

/** What a stream of an earlier process was; undefined where it is of another kind. */
export const identityOf = ({ identity }: Stream): RemoteIdentity | undefined => identitySchema.safeParse(identity).data

const prefixBytes = 1024
/** Read at a time: of each of many hosts so much is in memory. */
const pieceBytes = 256 * 1024
/** The end of a line, and half a character. */
const spareBytes = 8
const longestMark = 4

export const prefixOf = (bytes: Uint8Array): RemoteIdentity['prefix'] => {
  const prefix = bytes.subarray(0, prefixBytes)
  return { length: prefix.length, sha256: createHash('sha256').update(prefix).digest('hex') }
}

/** One file of a host under whatever names, and how far it was read. */
export class RemoteStream {
  readonly stream: Stream
  identity: RemoteIdentity
  /** Up to here it was told of. */
  from: number
  /** As it was last seen. */
  size: number
  /** Looked at by this process: it is what it was. */
  isVerified: boolean
  /** Looks at which it did not grow. */
  quietLooks = 0
  #pieceBytes = pieceBytes
  /** Where the bytes begin that the framer has made nothing of. */
  #at: number
  /** Made when its beginning is seen, which tells its encoding. */
  #framer: Framer | undefined
  /** Monotonic. */
  #grewAtMs = Number.NEGATIVE_INFINITY

  constructor(stream: Stream, identity: RemoteIdentity, { isNew }: { readonly isNew: boolean }) {
    this.stream = stream
    this.identity = identity
    this.from = Math.max(stream.resume.at, identity.begin)
    this.#at = this.from
    this.size = this.from
    this.isVerified = isNew
  }

  /** Reading goes on here: what lies between `from` and this is of a line that has no end yet. */
  get position(): number {
    return this.#at + (this.#framer?.taken ?? 0)
  }

  /** True where a file is the one that was read: nothing that was read of it is gone or different. */
  async isStill(reader: RemoteReader, { path, size }: RemoteFile): Promise<boolean> {
    if (size < this.position) return false
    if (this.isVerified) return true
    const { length, sha256 } = this.identity.prefix
    if (length > 0) {
      const begin = await reader.read(path, { from: 0, count: length })
      if (begin?.node !== this.identity.node || prefixOf(begin.bytes).sha256 !== sha256) return false
    }
    this.isVerified = true
    return true
  }

  /** What is new, line by line; with `whole` a last line without its end too. */
  async *lines(reader: RemoteReader, { path, framing, whole, fields, nowMs }: RemoteLook): AsyncGenerator<SourceEvent> {
    for (;;) {
      const place = this.position
      const piece = await reader.read(path, { from: place, count: this.#pieceBytes })
      // Another file has the name by now: the next look tells.
      if (piece === undefined || piece.node !== this.identity.node) return
      if (piece.size > this.size) this.#grewAtMs = nowMs
      this.size = piece.size
      if (piece.bytes.length === 0) return
      if (this.identity.prefix.length < Math.min(prefixBytes, piece.size))
        await this.#remember(reader, { path, piece: piece.bytes })
      this.#framer ??= await this.#begin(reader, { path, framing, piece: piece.bytes })
      // A mark of byte order is no text.
      const bytes = piece.bytes.subarray(this.position - place)
      const isEnd = place + piece.bytes.length >= piece.size
      const isQuiet = nowMs - this.#grewAtMs >= (eventTimeoutMs(framing) ?? Number.POSITIVE_INFINITY)
      const most = framing.maxLineBytes + spareBytes
      const isFull = piece.bytes.length >= most
      const closes = { isLast: isEnd && whole, closesEvent: isEnd && isQuiet }
      for (const event of this.#pieces(this.#framer, { bytes, isFull, ...closes }))
        yield event.kind === 'lines' ? { ...event, fields } : event
      if (isEnd) return
      this.#pieceBytes = this.position > place ? pieceBytes : Math.min(2 * this.#pieceBytes, most)
    }
  }

  /** What it begins with tells how its text is encoded. */
  async #begin(
    reader: RemoteReader,
    { path, framing, piece }: { readonly path: string; readonly framing: Framing; readonly piece: Buffer },
  ): Promise<Framer> {
    const head = this.#at === 0 ? piece : (await reader.read(path, { from: 0, count: longestMark }))?.bytes
    const { encoding, markBytes } = encodingOf(framing.encoding, head ?? Buffer.alloc(0))
    this.#at = Math.max(this.#at, markBytes)
    return new Framer(framing, encoding)
  }

  *#pieces(framer: Framer, { bytes, isFull, isLast, closesEvent }: Shown): Generator<SourceEvent> {
    const place = this.position
    // Where what was under way when an earlier process died must be sent as it was.
    const cut = this.stream.cuts.find(each => each > place && each < place + bytes.length)
    const raw = bytes.subarray(0, cut === undefined ? undefined : cut - place)
    const window = cut === undefined ? { raw, isFull, isLast, closesEvent } : { raw, isFull: false, isLast: true }
    for (const piece of framer.pieces(window)) {
      const { from } = this
      this.#at += piece.length
      this.from = this.#at
      const range = { stream: this.stream, from, to: this.from }
      if (piece.bytes === undefined)
        yield { kind: 'gap', ...range, bytes: this.from - from, reason: 'a line is longer than max_line' }
      else {
        const { bytes: lines, cutFrom, ends } = piece
        yield { kind: 'lines', ...range, bytes: lines, ...(cutFrom !== undefined && { cutFrom }), ...(ends && { ends }) }
      }
    }
    if (cut !== undefined) yield* this.#pieces(framer, { bytes: bytes.subarray(cut - place), isFull: false, isLast, closesEvent })
  }

  /** The longer the prefix, the less another file is taken for this one. */
  async #remember(reader: RemoteReader, { path, piece }: { readonly path: string; readonly piece: Buffer }): Promise<void> {
    const begin =
      this.position === 0 ? { node: this.identity.node, bytes: piece } : await reader.read(path, { from: 0, count: prefixBytes })
    if (begin?.node !== this.identity.node) return
    this.identity = { ...this.identity, prefix: prefixOf(begin.bytes) }
    await this.stream.describe(this.identity)
  }
}

interface Shown {
  readonly bytes: Buffer
  readonly isFull: boolean
  readonly isLast: boolean
  readonly closesEvent: boolean
}

interface RemoteLook {
  /** Its name at the moment. */
  readonly path: string
  readonly framing: Framing
  readonly whole: boolean
  readonly fields: Readonly<Record<string, string>>
  /** Monotonic. */
  readonly nowMs: number
}

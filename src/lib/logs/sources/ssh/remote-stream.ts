import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Framing, SourceEvent, Stream } from '../../../core/log-source.ts'
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
const newline = 10

export const prefixOf = (bytes: Uint8Array): RemoteIdentity['prefix'] => {
  const prefix = bytes.subarray(0, prefixBytes)
  return { length: prefix.length, sha256: createHash('sha256').update(prefix).digest('hex') }
}

/** One file of a host under whatever names, and how far it was read. */
export class RemoteStream {
  readonly stream: Stream
  identity: RemoteIdentity
  position: number
  /** As it was last seen. */
  size: number
  /** Looked at by this process: it is what it was. */
  isVerified: boolean
  /** Looks at which it did not grow. */
  quietLooks = 0
  #pieceBytes = pieceBytes
  /** Up to here it was told of; what lies between and `position` is of a line that has no end yet. */
  #told: number
  /** A line that is longer than lines may be: its beginning as a line, and how long it is so far. */
  #long: { readonly begin: Buffer; length: number } | undefined

  constructor(stream: Stream, identity: RemoteIdentity, { isNew }: { readonly isNew: boolean }) {
    this.stream = stream
    this.identity = identity
    this.position = Math.max(stream.resume.at, identity.begin)
    this.#told = this.position
    this.size = this.position
    this.isVerified = isNew
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
  async *lines(reader: RemoteReader, { path, framing, whole, fields }: RemoteLook): AsyncGenerator<SourceEvent> {
    for (;;) {
      const piece = await reader.read(path, { from: this.position, count: this.#pieceBytes })
      // Another file has the name by now: the next look tells.
      if (piece === undefined || piece.node !== this.identity.node) return
      this.size = piece.size
      if (piece.bytes.length === 0) return
      if (this.identity.prefix.length < Math.min(prefixBytes, piece.size))
        await this.#remember(reader, { path, piece: piece.bytes })
      const isLast = this.position + piece.bytes.length >= piece.size
      const took = this.position
      for (const event of this.#cut(piece.bytes, { framing, ends: isLast && whole })) yield { ...event, fields }
      if (isLast || (this.position === took && this.#pieceBytes > framing.maxLineBytes)) return
    }
  }

  *#cut(bytes: Buffer, { framing, ends }: { readonly framing: Framing; readonly ends: boolean }): Generator<LinesOnly> {
    const { maxLineBytes } = framing
    let rest = bytes
    if (this.#long !== undefined) {
      const end = rest.indexOf(newline)
      const read = end === -1 ? rest.length : end + 1
      this.#long.length += end === -1 ? rest.length : end
      this.position += read
      rest = rest.subarray(read)
      if (end !== -1 || (ends && rest.length === 0)) yield* this.#endLong()
    }
    const whole = rest.lastIndexOf(newline) + 1
    if (whole > 0) {
      this.#pieceBytes = pieceBytes
      yield* this.#parts(rest.subarray(0, whole))
      rest = rest.subarray(whole)
    }
    if (rest.length === 0) return
    if (whole === 0 && rest.length > maxLineBytes) yield* this.#begin(rest, framing)
    else if (ends) yield this.#lines(Buffer.concat([rest, Buffer.from('\n')]), rest.length)
    else if (whole === 0) this.#pieceBytes = Math.min(2 * this.#pieceBytes, maxLineBytes + 1)
  }

  /** The beginning of a line that is too long. */
  *#begin(rest: Buffer, { maxLineBytes, longLines }: Framing): Generator<LinesOnly> {
    const begin = Buffer.concat([rest.subarray(0, maxLineBytes), Buffer.from('\n')])
    if (longLines === 'split') return yield this.#lines(begin, maxLineBytes)
    this.#long = { begin: longLines === 'skip' ? Buffer.alloc(0) : begin, length: rest.length }
    this.position += rest.length
  }

  *#endLong(): Generator<LinesOnly> {
    const long = this.#long
    this.#long = undefined
    if (long) yield { ...this.#lines(long.begin, 0), cutFrom: long.length }
  }

  /** Cut where what was under way when an earlier process died must be sent as it was. */
  *#parts(lines: Buffer): Generator<LinesOnly> {
    const begin = this.position
    let done = 0
    for (const cut of this.stream.cuts) {
      const at = cut - begin
      if (at <= done || at >= lines.length) continue
      yield this.#lines(lines.subarray(done, at), at - done)
      done = at
    }
    yield this.#lines(lines.subarray(done), lines.length - done)
  }

  #lines(bytes: Uint8Array, length: number): LinesOnly {
    const from = this.#told
    this.position += length
    this.#told = this.position
    return { kind: 'lines', stream: this.stream, bytes, from, to: this.position }
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

type LinesOnly = Extract<SourceEvent, { readonly kind: 'lines' }>

interface RemoteLook {
  /** Its name at the moment. */
  readonly path: string
  readonly framing: Framing
  readonly whole: boolean
  readonly fields: Readonly<Record<string, string>>
}

import type { Framing, SourceEvent, Stream } from '../../../core/log-source.ts'
import { encodingOf } from '../framing/encoding.ts'
import { Framer } from '../framing/framer.ts'
import { type FileLook, factsOf, openAtOnce } from './file-look.ts'
import { type FileIdentity, hasPrefix, identityJson, overlapBytes, prefixBytes, prefixOf, tokenOf } from './identity.ts'
import { InflatedReach, plainReach, type Reach } from './reach.ts'

/** How one turn of reading ended: there may be more, there is nothing at the moment, or the file is not the same any more. */
export type TurnEnd = 'more' | 'end' | 'changed'

export interface Turn {
  /** Where bytes are read to, the same for all files. */
  readonly room: Uint8Array
  readonly nowMs: number
  /** What is to become of the last line and event where nothing more is there now. */
  readonly closesLine: boolean
  readonly closesEvent: boolean
  /** Nothing is waited for: that holds whatever comes with this turn, too. */
  readonly isOver: boolean
}

export interface TailStart {
  readonly look: FileLook
  readonly stream: Stream
  readonly identity: FileIdentity
  readonly framing: Framing
  /** Where reading begins, and what the bytes before it are, where that is known. */
  readonly at: number
  readonly before?: Uint8Array
}

/** One file as it is read. */
export class Tail {
  readonly stream: Stream
  readonly key: string
  readonly compression: 'gzip' | 'zstd' | undefined
  identity: FileIdentity
  /** Where the next lines are from, and what lies before that. */
  from: number
  token: number | undefined
  /** The largest place of which it is known that there were bytes before it, and when that grew last. */
  seen: number
  grewAtMs = 0
  /** Read as far as it went. */
  isAtEnd = false
  /** Its name is gone: it is read through what is open. */
  isUnlinked = false
  /** None of the patterns fits any of its names any more. */
  isOutside = false
  /** The name under which it was written, now that it has another: nothing is expected to be written to it for long. */
  formerPath: string | undefined
  /** Whose bytes are to be read before these: what had the name before. */
  after: Tail | undefined
  /** Bytes are there that are no whole line or event. */
  hasHeld = false
  /** How large the last scan found the file. */
  sizeSeen = -1
  /** Its name is not its name any more, and that is being looked into. */
  isLookedFor = false
  #reach: Reach | undefined
  readonly #framer: Framer
  /** Where the bytes begin that the framer has made nothing of. */
  #at: number
  /** Those before the place where reading goes on. */
  #before: Uint8Array | undefined
  #cuts: readonly number[]

  constructor({ look, stream, identity, framing, at, before }: TailStart) {
    const { encoding, markBytes } = encodingOf(framing.encoding, look.head)
    this.key = look.key
    this.compression = look.compression
    this.stream = stream
    this.identity = identity
    this.from = at
    this.seen = at
    this.#at = Math.max(at, markBytes)
    this.#before = at === this.#at ? before : look.head.subarray(0, markBytes)
    this.#framer = new Framer(framing, encoding)
    this.#cuts = stream.cuts
  }

  get isOpen(): boolean {
    return this.#reach !== undefined
  }

  get path(): string {
    return this.identity.path
  }

  /** @throws the system's error; one with the code ESTALE where another file has the name */
  async open(): Promise<void> {
    if (this.#reach !== undefined) return
    const handle = await openAtOnce(this.path)
    const stat = await handle.stat({ bigint: true }).catch(() => undefined)
    if (stat === undefined || !stat.isFile() || factsOf(stat).key !== this.key) {
      await handle.close()
      throw Object.assign(new Error('another file has its name'), { code: 'ESTALE' })
    }
    this.#reach = this.compression === undefined ? plainReach(handle) : new InflatedReach(handle, this.compression)
  }

  async close(): Promise<void> {
    const reach = this.#reach
    this.#reach = undefined
    await reach?.[Symbol.asyncDispose]()
  }

  /** It has no name any more. It is open. */
  async hasNoName(): Promise<boolean> {
    return (await this.#reach?.links()) === 0
  }

  /** Reads once, and gives what came of it. It is open. @throws the system's error, or that of its compression */
  async *turn({ room, nowMs, closesLine, closesEvent, isOver }: Turn): AsyncGenerator<SourceEvent, TurnEnd> {
    const place = this.#at + this.#framer.taken
    const overlap = Math.min(overlapBytes, place)
    const read = (await this.#reach?.read(room.subarray(overlapBytes - overlap), place - overlap)) ?? 0
    const filled = overlapBytes - overlap + read
    if (read < overlap || !this.#isSame(room.subarray(overlapBytes - overlap, overlapBytes))) return 'changed'
    const grown = place - overlap + read
    const hasGrown = grown > this.seen
    if (hasGrown || this.grewAtMs === 0) this.grewAtMs = nowMs
    this.seen = Math.max(this.seen, grown)
    const isFull = filled === room.length
    this.#cuts = this.#cuts.filter(cut => cut > place)
    const [cut = Number.POSITIVE_INFINITY] = this.#cuts
    const isCut = cut <= grown
    const raw = room.subarray(overlapBytes, isCut ? overlapBytes + cut - place : filled)
    let done = 0
    // What grew a moment ago may grow on, however long it was silent before.
    const mayClose = !isFull && (isOver || !hasGrown)
    const isLast = isCut || (closesLine && mayClose)
    const isClosed = closesEvent && mayClose
    for (const piece of this.#framer.pieces({ raw, isFull: isFull && !isCut, isLast, closesEvent: isClosed })) {
      const to = this.#at + piece.length
      done = to - place
      const before = room.subarray(overlapBytes + done - Math.min(overlapBytes, to), overlapBytes + done)
      const { from } = this
      this.#at = to
      this.from = to
      if (piece.bytes === undefined) {
        yield { kind: 'gap', stream: this.stream, from, to, bytes: to - from, reason: 'a line is longer than max_line' }
      } else {
        const { bytes, cutFrom, ends } = piece
        this.token = tokenOf(before)
        yield {
          ...{ kind: 'lines', stream: this.stream, bytes, from, to, token: this.token },
          ...(cutFrom !== undefined && { cutFrom }),
          ...(ends && { ends }),
          ...(this.isUnlinked && { isLastChance: true }),
        }
      }
    }
    // A line of which only the beginning is kept has been taken whole, together with what was taken of it before.
    const next = this.#at + this.#framer.taken
    const end = overlapBytes + next - place
    this.#before = room.slice(end - Math.min(overlapBytes, next), end)
    this.hasHeld = !isCut && next < grown
    this.isAtEnd = !isFull && !isCut
    return this.isAtEnd ? 'end' : 'more'
  }

  /** Whether it is no more what it was, without reading it. It is open. */
  async isChanged(): Promise<boolean> {
    const place = this.#at + this.#framer.taken
    const overlap = Math.min(overlapBytes, place)
    if (this.compression !== undefined) return false
    const bytes = new Uint8Array(overlap)
    const read = (await this.#reach?.read(bytes, place - overlap)) ?? 0
    return read < overlap || !this.#isSame(bytes)
  }

  /** So many bytes from a place of it. It is open. */
  async peek(at: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length)
    return bytes.subarray(0, await this.#reach?.read(bytes, at))
  }

  /** Writes down what is known better now: more of its beginning, another name. @throws OpsError E_STATE */
  async describe({
    path = this.path,
    done = this.identity.done,
  }: Partial<Pick<FileIdentity, 'path' | 'done'>> = {}): Promise<void> {
    const { bytes } = this.identity
    const isWorth = this.compression === undefined && bytes < prefixBytes && this.seen >= Math.min(prefixBytes, 2 * bytes)
    if (!isWorth && path === this.path && done === this.identity.done) return
    const head = isWorth && this.isOpen ? await this.peek(0, prefixBytes) : undefined
    // Between two looks it may have become another file.
    const isSame = head !== undefined && hasPrefix(this.identity, head)
    const identity = { ...this.identity, path, ...(done && { done }), ...(isSame && prefixOf(head)) }
    await this.stream.describe(identityJson(identity), path)
    this.identity = identity
  }

  #isSame(bytes: Uint8Array): boolean {
    return this.#before === undefined || Buffer.compare(bytes, this.#before.subarray(-bytes.length || this.#before.length)) === 0
  }
}

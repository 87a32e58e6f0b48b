import type { Advance, LedgerCounts } from '../store/rows.ts'
import type { Chunk, ChunkHead } from './chunk.ts'
import type { SpoolEntry } from './spool-entry.ts'

/** Records, and the memory that they keep. */
export interface Kept {
  readonly records: Uint8Array
  /** Bytes of memory. */
  readonly holds: number
  /** They are read no more. */
  readonly release?: () => void
}

/** A chunk on its way through a lane. */
export class Waiting {
  readonly head: ChunkHead
  /** Bytes of memory. */
  readonly holds: number
  /** In the spool, durable or on its way there. */
  sequence: number | undefined
  /** It counts as being in the spool: reading goes on behind it. */
  isPutBy = false
  /** It is in memory, to be sent from there. */
  isQueued = false
  isDelivered = false
  /** Somebody is about to write it to the spool. */
  isBeingWritten = false
  /** There was no room for it: it only counts. */
  isDropped = false
  readonly #safe = Promise.withResolvers<void>()
  #records: Uint8Array | undefined
  #release: (() => void) | undefined

  private constructor(head: ChunkHead, of: Kept) {
    this.head = head
    this.holds = of.holds
    this.#records = of.records
    this.#release = of.release
  }

  static ofChunk(chunk: Chunk): Waiting {
    return new Waiting(chunk, { records: chunk.records, holds: chunk.holds, release: () => chunk.release() })
  }

  /** The records of the entry are borrowed: `kept` are those that stay. */
  static ofEntry({ head, sequence }: SpoolEntry, kept: Kept): Waiting {
    const waiting = new Waiting(head, kept)
    waiting.sequence = sequence
    waiting.isPutBy = true
    return waiting
  }

  /** It has to be written to the spool yet. */
  get isWanted(): boolean {
    return !this.isDelivered && !this.isDropped
  }

  get records(): Uint8Array {
    return this.#records ?? new Uint8Array()
  }

  /** Settles when a kill does not lose it any more, or when its lane has stopped. */
  get safe(): Promise<void> {
    return this.#safe.promise
  }

  /** Its lane has stopped: nobody need wait for it any longer. */
  giveUp(): void {
    this.#safe.resolve()
  }

  /** To be called whenever one of the above has changed. */
  changed(): void {
    if (this.isPutBy || this.isDelivered || this.isDropped) this.#safe.resolve()
    if (this.isBeingWritten || (this.isQueued && !this.isDelivered)) return
    if (!this.isDelivered && !this.isPutBy && !this.isDropped) return
    this.#records = undefined
    this.#release?.()
    this.#release = undefined
  }

  /** What its delivery changes, of which some records are dead. */
  delivered(dead: number): Advance {
    const { count, to } = this.head
    const came = { delivered: count - dead, dead }
    if (this.isPutBy) return { ...this.#about(), delivered: to, counts: { ...came, spooled: -count } }
    return { ...this.#reached(), delivered: to, counts: { ...this.#read(), ...came, dead: this.head.dead + dead } }
  }

  /** What putting it by changes, or dropping it. */
  putBy(): Advance {
    const { count } = this.head
    return { ...this.#reached(), counts: { ...this.#read(), ...(this.isDropped ? { dropped: count } : { spooled: count }) } }
  }

  #about(): Pick<Advance, 'stream' | 'source'> {
    const { stream, source } = this.head
    return { stream, source }
  }

  #reached(): Pick<Advance, 'stream' | 'source' | 'safe' | 'token'> {
    const { to, token } = this.head
    return { ...this.#about(), safe: to, ...(token !== undefined && { token }) }
  }

  #read(): Pick<LedgerCounts, 'lines' | 'bytes' | 'records' | 'dead'> {
    const { lines, bytes, count, dead } = this.head
    return { lines, bytes, records: count + dead, dead }
  }
}

/** The same changes as fewer: one for each stream. */
export function joined(advances: readonly Advance[]): Advance[] {
  const byStream = new Map<string, Advance>()
  for (const advance of advances) {
    const key = `${advance.source} ${advance.stream}`
    const before = byStream.get(key)
    byStream.set(key, before ? { ...before, ...advance, counts: sum(before.counts, advance.counts) } : advance)
  }
  return [...byStream.values()]
}

const counted = ['lines', 'bytes', 'records', 'delivered', 'dead', 'spooled', 'dropped'] as const

const sum = (a: Partial<LedgerCounts>, b: Partial<LedgerCounts>): Partial<LedgerCounts> =>
  Object.fromEntries(counted.map(name => [name, (a[name] ?? 0) + (b[name] ?? 0)]))

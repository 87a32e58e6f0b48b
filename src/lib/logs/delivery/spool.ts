import { statfs } from 'node:fs/promises'
import type { Clock } from '../../core/clock.ts'
import { OpsError } from '../../core/errors.ts'
import type { Log } from '../../core/io.ts'
import { formatSize } from '../../core/size.ts'
import { Journal } from '../../journal/journal.ts'
import type { JournalOptions } from '../../journal/options.ts'
import type { ChunkHead } from './chunk.ts'
import { segmentBytes } from './segment-bytes.ts'
import { decodeEntries, encodeEntry, type SpoolEntry } from './spool-entry.ts'

export interface SpoolOptions extends Pick<JournalOptions, 'lock'> {
  readonly directory: string
  readonly sink: string
  readonly clock: Clock
  readonly log: Log
  /** What it is to hold: its files are a fraction of that. */
  readonly maxBytes: number
}

const cursor = 'sink'
const largestSegment = 8 * 1024 * 1024
const smallestSegment = 64 * 1024
/** On the disk, besides what several spools may take at the same moment. */
const leftFree = 8 * 1024 * 1024

/** Chunks that are put by for one sink, in their order, on disk. */
export class Spool implements AsyncDisposable {
  readonly #journal: Journal
  readonly #options: SpoolOptions
  #bytes: number
  /** Of the journal, since segments were removed. */
  #consumed = 0
  #pruned = 0

  private constructor(journal: Journal, options: SpoolOptions) {
    this.#journal = journal
    this.#options = options
    this.#bytes = segmentBytes(options.directory)
  }

  /** Made where there is none. In constant memory, whatever it holds. @throws OpsError E_LOCKED, E_STATE */
  static async open(options: SpoolOptions): Promise<Spool> {
    const { directory, clock, lock, maxBytes, sink, log } = options
    const ofSegment = Math.min(largestSegment, Math.max(smallestSegment, Math.floor(maxBytes / 8)))
    // Synced by who appends, for all that wait at once. Memory for what is being written, and for one piece of an entry more.
    const journal = await Journal.open(directory, {
      clock,
      lock,
      segmentBytes: ofSegment,
      fsync: { everyMs: 5000 },
      bufferBytes: 5 * 1024 * 1024,
    })
    const { lostBytes, damage } = journal.recovery
    if (lostBytes > 0) log('info', 'cut what was half written off a spool', { sink, bytes: lostBytes })
    if (damage) log('error', 'a spool is damaged', { sink, ...damage })
    return new Spool(journal, options)
  }

  /** The sequence behind the last entry. */
  get next(): number {
    return this.#journal.next
  }

  /** On disk, with what is delivered and not yet removed. */
  get bytes(): number {
    return this.#bytes
  }

  /** The disk may take so much more: some is left for what remembers what is delivered, since a spool that took all could never be made smaller. */
  async hasRoom(bytes: number): Promise<boolean> {
    const { bavail, bsize } = await statfs(this.#options.directory)
    return bavail * bsize >= bytes + leftFree
  }

  /** @throws OpsError E_STATE where there is no room for so much more */
  async demandRoom(bytes: number): Promise<void> {
    if (await this.hasRoom(bytes)) return
    throw new OpsError('E_STATE', `the disk of ${this.#options.directory} has less than ${formatSize(bytes + leftFree)} left`)
  }

  /** Gives the sequence of the entry. Not durable before `sync`, and lost where this fails half-way. @throws OpsError E_STATE */
  async append(head: ChunkHead, records: Uint8Array): Promise<number> {
    let sequence: number | undefined
    for (const { type, pieces } of encodeEntry(head, records)) {
      if (this.#journal.isFull) await this.#journal.flush()
      const appended = this.#journal.appendPieces(type, pieces)
      sequence ??= appended
      for (const { length } of pieces) this.#bytes += length
    }
    return sequence ?? this.next
  }

  /** Settles when all that was appended is durable. @throws OpsError E_STATE */
  sync(): Promise<void> {
    return this.#journal.sync()
  }

  /** The entries from a sequence on, each good until the next is asked for. What the disk lost is told and passed over. @throws OpsError E_STATE */
  read(from: number): AsyncGenerator<SpoolEntry> {
    const { sink, log } = this.#options
    const salvage = ({
      path,
      offset,
      sequence,
    }: {
      readonly path: string
      readonly offset: number
      readonly sequence: number
    }): void => log('error', 'a spool is damaged: what follows is delivered', { sink, path, offset, sequence })
    return decodeEntries(this.#journal.read({ from, salvage, borrows: true }))
  }

  /**
   * Everything before a sequence is wanted no more: removed when it is much. `secure` is called before, for what knows of it must be durable.
   * True where there is more room now. @throws OpsError E_STATE
   */
  async consumed(next: number, secure: () => void): Promise<boolean> {
    this.#consumed = next
    if (this.#consumed === this.#pruned) return false
    secure()
    await this.#journal.moveCursor(cursor, next)
    const { bytes } = await this.#journal.prune()
    this.#pruned = this.#consumed
    this.#bytes -= bytes
    return bytes > 0
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#journal[Symbol.asyncDispose]()
  }
}

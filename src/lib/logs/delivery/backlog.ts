import type { Store } from '../store/store.ts'
import { BufferPool } from './buffer-pool.ts'
import { type DiskWorkOptions, whenDiskAllows } from './disk-work.ts'
import type { Spool } from './spool.ts'
import type { SpoolEntry } from './spool-entry.ts'
import { SpoolRoom } from './spool-room.ts'
import { joined, type Kept, Waiting } from './waiting.ts'

export interface BacklogOptions extends Pick<DiskWorkOptions, 'clock' | 'log' | 'signal'> {
  readonly sink: string
  readonly store: Store
  /** The spool as it was found; absent where there was none. */
  readonly found: Spool | undefined
  /** Makes one where there is none yet. */
  readonly make: () => Promise<Spool>
  /** The spool is full with more. */
  readonly maxBytes: number
  readonly dropsWhenFull: boolean
  /** Called now and then: what goes through a disk leaves large pieces of memory behind, which the collector sees late. */
  readonly collectGarbage: () => void
  /** Nothing of these streams is on its way to the disk any more that was when it was asked last. */
  readonly onWritten: (streams: ReadonlySet<string>) => void
  /** Something was put by, or there is room again. */
  readonly onChange: () => void
  readonly onFailure: (error: unknown) => void
}

/** So much may wait in memory to be written. */
const maxUnwrittenBytes = 4 * 1024 * 1024
const batchBytes = 4 * 1024 * 1024
const garbageBytes = 24 * 1024 * 1024
/** A chunk of what is read at once is shorter than this, as a rule. */
const pieceBytes = 2 * 1024 * 1024

/** What is put by for a lane: written in the order in which it came, and read again when the lane gets to it. */
export class Backlog {
  readonly #options: BacklogOptions
  #spool: Spool | undefined
  /** To be written, in order. Those that are queued in the lane too are written all the same. */
  #unwritten: Waiting[] = []
  #unwrittenBytes = 0
  #writing: Promise<void> | undefined
  /** The first entry that is on disk only, and behind the last that counts. */
  #diskFrom: number | undefined
  #end: number
  /** What is being read and not yet in the queue begins here. */
  #pullingFrom: number | undefined
  #reading: AsyncGenerator<SpoolEntry> | undefined
  #isBehind = false
  #hasDropped = false
  /** What is on disk only, or was dropped, may have been lost: see `settle`. */
  #mayHaveLost = false
  readonly #pool = new BufferPool({ bytes: pieceBytes, kept: 4 })
  readonly #room: SpoolRoom
  #garbageBytes = 0

  constructor(options: BacklogOptions) {
    this.#options = options
    this.#spool = options.found
    const { spoolNext = 1, spoolEnd = 1 } = options.store.sink(options.sink)
    this.#end = spoolEnd
    const { clock, store, onChange } = options
    this.#room = new SpoolRoom({ clock, store, consumedTo: spoolNext, onSmaller: onChange })
    if (options.found === undefined) return
    this.#mayHaveLost = true
    if (spoolNext >= spoolEnd) return
    this.#diskFrom = spoolNext
    this.#isBehind = true
  }

  /** What comes now has to be put by, because what came before is. */
  get isBehind(): boolean {
    return this.#isBehind
  }

  /** Nothing is to be written, and nothing to be read. */
  get isEmpty(): boolean {
    return !this.#isBehind && this.#unwritten.length === 0
  }

  get isWriting(): boolean {
    return this.#unwritten.length > 0
  }

  /** Something of the stream is about to be put by, though it may be delivered already. */
  isWritingOf(stream: string): boolean {
    return this.#unwritten.some(({ head }) => head.stream === stream)
  }

  get hasRoom(): boolean {
    return this.#unwrittenBytes < maxUnwrittenBytes && (this.#options.dropsWhenFull || !this.#isFull)
  }

  /** Of the spool on disk. */
  get bytes(): number {
    return this.#spool?.bytes ?? 0
  }

  /** It is worth asking for what is next; else it will tell of a change. */
  get isReady(): boolean {
    return this.#diskFrom !== undefined || !this.#unwritten.some(({ isQueued, isDropped }) => !isQueued && isDropped)
  }

  /** From now on everything goes through the disk; `queued` is what the lane has in memory, which must be safe before what follows. */
  fallBehind(queued: readonly Waiting[]): void {
    if (this.#isBehind) return
    this.#isBehind = true
    this.#mayHaveLost = true
    for (const waiting of queued) if (!waiting.isPutBy && !waiting.isBeingWritten) this.put(waiting)
  }

  put(waiting: Waiting): void {
    if (!waiting.isQueued) {
      if (this.#isFull && this.#options.dropsWhenFull) this.#drop(waiting)
      this.#unwrittenBytes += waiting.holds
    }
    waiting.isBeingWritten = true
    this.#unwritten.push(waiting)
    this.#writing ??= this.#write()
  }

  /** Gives some of what is next to the lane's queue; none where nothing waits here, which then is the last of it. */
  async next(maxBytes: number, enqueue: (found: readonly Waiting[]) => void): Promise<void> {
    this.#pullingFrom = this.#diskFrom
    const found = this.#diskFrom === undefined ? this.#fromMemory(maxBytes) : await this.#fromDisk(maxBytes)
    // In one breath: what is offered from then on follows it in the queue.
    enqueue(found)
    this.#pullingFrom = undefined
    if (this.#diskFrom === undefined && this.#unwritten.every(({ isQueued }) => isQueued)) this.#isBehind = false
  }

  /** Where reading begins after a restart; undefined where there is no spool. `queued` is what the lane has not delivered yet. */
  wanted(queued: Iterable<Waiting>): number | undefined {
    if (this.#spool === undefined) return undefined
    let least = this.#pullingFrom ?? this.#diskFrom ?? this.#end
    for (const { sequence } of queued) if (sequence !== undefined && sequence < least) least = sequence
    return least
  }

  /** Told what was delivered of it. Makes room now and then. */
  async consumed({ next, bytes }: { readonly next: number; readonly bytes: number }): Promise<void> {
    this.#room.consumed({ next, bytes })
    const spool = this.#spool
    if (spool === undefined || !this.#room.isWorthPruning({ isFull: this.#isFull, isAllConsumed: next >= this.#end })) return
    try {
      await this.#room.prune(spool)
    } catch (error) {
      this.#options.log('warn', 'a spool is not made smaller', { sink: this.#options.sink, problem: String(error) })
    }
  }

  /** To be called when the lane has nothing left: what the disk lost is counted as dropped. */
  settle(): void {
    const { store, sink, log } = this.#options
    if (!this.#mayHaveLost) return
    const lost = store.settle(sink)
    if (lost > 0) log('error', 'records in a spool are lost', { sink, records: lost })
    this.#mayHaveLost = false
    this.#hasDropped = false
  }

  /** The lane has stopped: nobody need wait for what is not written yet. */
  giveUp(): void {
    for (const waiting of this.#unwritten) waiting.giveUp()
  }

  async close(): Promise<void> {
    await this.#writing
    await this.#reading?.return(undefined)
    await this.#spool?.[Symbol.asyncDispose]()
  }

  get #isFull(): boolean {
    const { maxBytes } = this.#options
    return this.#spool === undefined ? this.#unwrittenBytes >= maxBytes : this.bytes + this.#unwrittenBytes >= maxBytes
  }

  #drop(waiting: Waiting): void {
    const { sink, log } = this.#options
    if (!this.#hasDropped) log('error', 'a spool is full: records are dropped', { sink, bytes: this.bytes })
    this.#hasDropped = true
    waiting.isDropped = true
  }

  /** What is still on its way to the disk: a full disk does not keep it from its sink. */
  #fromMemory(maxBytes: number): Waiting[] {
    const found: Waiting[] = []
    let bytes = 0
    for (const waiting of this.#unwritten) {
      if (waiting.isQueued || waiting.isDropped) continue
      if (bytes >= maxBytes) break
      bytes += waiting.holds
      found.push(waiting)
    }
    this.#unwrittenBytes -= bytes
    return found
  }

  async #fromDisk(maxBytes: number): Promise<Waiting[]> {
    const { store, sink } = this.#options
    const found: Waiting[] = []
    let bytes = 0
    while (this.#diskFrom !== undefined && bytes < maxBytes) {
      if (this.#diskFrom >= this.#end) {
        // Before anything is waited for: what is written meanwhile is found by it.
        this.#diskFrom = undefined
        await this.#endReading()
        break
      }
      const isFresh = this.#reading === undefined
      this.#reading ??= this.#spool?.read(this.#diskFrom)
      const entry = (await this.#reading?.next())?.value
      if (entry === undefined || entry.sequence >= this.#end) {
        // A reading ends at what was written when it began; where a fresh one finds nothing the disk lost it.
        await this.#endReading()
        if (isFresh || entry !== undefined) this.#diskFrom = this.#end
        continue
      }
      this.#diskFrom = entry.next
      const place = store.places(entry.head.stream).get(sink)
      // Delivered before the last process could say so of the spool.
      if (entry.head.to <= (place?.delivered ?? 0)) continue
      found.push(Waiting.ofEntry(entry, this.#kept(entry)))
      bytes += entry.records.length
    }
    return found
  }

  /** A copy, in memory that is used again where it is much. */
  #kept({ records }: SpoolEntry): Kept {
    if (records.length < pieceBytes / 4 || records.length > pieceBytes) {
      this.#discarded(records.length)
      return { records: Buffer.from(records), holds: records.length }
    }
    const piece = this.#pool.take()
    piece.set(records)
    return { records: piece.subarray(0, records.length), holds: piece.length, release: () => this.#pool.give(piece) }
  }

  async #endReading(): Promise<void> {
    await this.#reading?.return(undefined)
    this.#reading = undefined
  }

  async #write(): Promise<void> {
    const { onFailure } = this.#options
    try {
      while (this.#unwritten.length > 0) if (!(await this.#writeSome())) break
    } catch (error) {
      onFailure(error)
    } finally {
      this.#writing = undefined
    }
  }

  /** False where it was told to stop. */
  async #writeSome(): Promise<boolean> {
    const { store, sink, clock, log, signal, onChange } = this.#options
    const batch: Waiting[] = []
    const write = async (): Promise<true> => {
      this.#spool ??= await this.#options.make()
      if (batch.length === 0) batch.push(...this.#batch())
      await this.#room.demand(this.#spool, batch)
      for (const waiting of batch)
        if (waiting.isWanted) waiting.sequence ??= await this.#spool.append(waiting.head, waiting.records)
      await this.#spool.sync()
      const counts = batch.filter(({ isDelivered }) => !isDelivered)
      const spoolEnd = this.#spool.next
      // What was delivered from memory meanwhile is wanted no more, and nothing before it is: nobody may take it for new after a restart.
      const isOverdue = counts.length < batch.length
      const spoolNext = isOverdue ? (counts.find(({ sequence }) => sequence !== undefined)?.sequence ?? spoolEnd) : undefined
      const advances = joined(counts.map(waiting => waiting.putBy()))
      store.commit({ sink, advances, spoolEnd, ...(spoolNext !== undefined && { spoolNext }) })
      this.#end = spoolEnd
      return true
    }
    const done = await whenDiskAllows(write, { clock, log, signal, doing: 'put records by', about: { sink } })
    if (done === undefined) return false
    this.#unwritten.splice(0, batch.length)
    for (const waiting of batch) this.#wrote(waiting)
    this.#options.onWritten(new Set(batch.map(({ head }) => head.stream)))
    onChange()
    return true
  }

  #discarded(bytes: number): void {
    this.#garbageBytes += bytes
    if (this.#garbageBytes < garbageBytes) return
    this.#garbageBytes = 0
    this.#options.collectGarbage()
  }

  #batch(): Waiting[] {
    let bytes = 0
    const end = this.#unwritten.findIndex(({ holds }) => {
      bytes += holds
      return bytes > batchBytes
    })
    return this.#unwritten.slice(0, end === -1 ? undefined : Math.max(1, end))
  }

  #wrote(waiting: Waiting): void {
    if (!waiting.isQueued) {
      this.#unwrittenBytes -= waiting.holds
      if (!waiting.isDropped) this.#diskFrom ??= waiting.sequence
    }
    if (!waiting.isDelivered && !waiting.isDropped) waiting.isPutBy = true
    waiting.isBeingWritten = false
    waiting.changed()
  }
}

import type { Batch, RecordBuffer } from './record-buffer.ts'
import type { SegmentChain } from './segment-chain.ts'

/** Moments at which a test stops or kills the process. */
export type JournalPoint = 'before-write' | 'after-write' | 'before-fsync' | 'after-fsync'

export interface GroupCommitOptions {
  readonly buffer: RecordBuffer
  readonly chain: SegmentChain
  /** The last record that is on disk already. */
  readonly last: number
  /** Sync after every write, although nobody waits. */
  readonly syncsAlways: boolean
  readonly onPoint: (point: JournalPoint) => void
  /** A failure that nobody waited for. */
  readonly onError: (error: unknown) => void
}

interface Waiter {
  readonly upTo: number
  readonly durable: boolean
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * Moves records from the buffer to disk, one operation at a time: everything appended while one is under way goes with the next, and
 * everyone who waits for a sync shares it. After a failure it rests until someone asks again; the records stay in the buffer.
 */
export class GroupCommit {
  readonly #options: GroupCommitOptions
  #written: number
  #durable: number
  #waiters: Waiter[] = []
  #running: Promise<void> | undefined
  #rests = false
  #failure: unknown

  constructor(options: GroupCommitOptions) {
    this.#options = options
    this.#written = options.last
    this.#durable = options.last
  }

  get durable(): number {
    return this.#durable
  }

  /** The last one, which may have been made good since. */
  get failure(): unknown {
    return this.#failure
  }

  /** Says that there are records in the buffer. They are written at the end of the current microtask, as one batch. */
  wake(): void {
    if (!this.#rests) this.#start()
  }

  /** Settles when everything up to a record is in the file, or even on disk. Tries again what failed before. */
  reach(upTo: number, durable: boolean): Promise<void> {
    if (upTo <= (durable ? this.#durable : this.#written)) return Promise.resolve()
    return new Promise((resolve, reject) => {
      this.#waiters.push({ upTo, durable, resolve, reject })
      this.#start()
    })
  }

  /** Tries again what failed before, without waiting for it. */
  retry(): void {
    this.#start()
  }

  /** Settles when nothing is under way. */
  async idle(): Promise<void> {
    await this.#running
  }

  #start(): void {
    this.#rests = false
    this.#running ??= this.#run()
  }

  async #run(): Promise<void> {
    // Everything that is appended before the caller yields goes into one batch.
    await Promise.resolve()
    try {
      for (let operation = this.#next(); operation; operation = this.#next()) {
        await operation
        this.#settle()
      }
    } catch (error) {
      this.#fail(error)
    } finally {
      // In the same breath as the last look for work, so that no one who comes after it is overlooked.
      this.#running = undefined
    }
  }

  /** One operation, begun; undefined when there is nothing to do. Who waits for a sync does not wait for what was appended later. */
  #next(): Promise<void> | undefined {
    const isWanted = this.#options.syncsAlways || this.#waiters.some(waiter => waiter.durable && waiter.upTo <= this.#written)
    if (isWanted && this.#durable < this.#written) return this.#sync()
    const batch = this.#options.buffer.peek()
    return batch && this.#write(batch)
  }

  async #write(batch: Batch): Promise<void> {
    const { buffer, chain, onPoint } = this.#options
    onPoint('before-write')
    await chain.write(batch)
    onPoint('after-write')
    buffer.shift()
    this.#written = batch.last
  }

  async #sync(): Promise<void> {
    const upTo = this.#written
    this.#options.onPoint('before-fsync')
    await this.#options.chain.sync()
    this.#options.onPoint('after-fsync')
    this.#durable = upTo
  }

  #fail(error: unknown): void {
    this.#rests = true
    this.#failure = error
    const waiters = this.#waiters
    this.#waiters = []
    for (const waiter of waiters) waiter.reject(error)
    if (waiters.length === 0) this.#options.onError(error)
  }

  #settle(): void {
    const isReached = ({ upTo, durable }: Waiter): boolean => upTo <= (durable ? this.#durable : this.#written)
    const reached = this.#waiters.filter(isReached)
    this.#waiters = this.#waiters.filter(waiter => !isReached(waiter))
    for (const waiter of reached) waiter.resolve()
  }
}

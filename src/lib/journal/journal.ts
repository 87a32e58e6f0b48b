import { join } from 'node:path'
import { OpsError } from '../core/errors.ts'
import type { Json } from '../core/json.ts'
import { type JournalDisk, systemDisk, unsyncedDisk } from './disk.ts'
import { frameHeaderBytes, type JournalRecord, maxPayloadBytes } from './frame.ts'
import { inspectJournal, type JournalInspection } from './inspect.ts'
import type { JournalOptions } from './options.ts'
import { type JournalParts, openParts } from './parts.ts'
import { type Pruned, pruneSegments, type Retention } from './prune.ts'
import { type ReadOptions, readRecords } from './read.ts'
import type { Recovery } from './recover.ts'
import { stateError } from './state-error.ts'

/**
 * The durable log: numbered records in segment files, appended by one process, read by any. What `sync()` has acknowledged survives
 * kill -9, a full disk and a power cut; what it has not may be cut off at the next opening, from the end only.
 */
export class Journal implements AsyncDisposable {
  readonly directory: string
  /** What the opening found and mended. */
  readonly recovery: Recovery
  readonly #parts: JournalParts
  #next: number
  #cancelTimer: (() => void) | undefined
  #isClosed = false

  private constructor(
    directory: string,
    opened: { readonly parts: JournalParts; readonly recovery: Recovery; readonly next: number },
  ) {
    this.directory = directory
    this.recovery = opened.recovery
    this.#parts = opened.parts
    this.#next = opened.next
  }

  /** Opens a journal for writing, made where there is none. @throws OpsError E_LOCKED, E_STATE */
  static async open(directory: string, options: JournalOptions): Promise<Journal> {
    const disk = options.disk ?? (options.fsync === 'never' ? unsyncedDisk : systemDisk)
    try {
      await disk.makeDirectory(directory)
    } catch (error) {
      throw stateError({ doing: 'make', path: directory, error })
    }
    const lock = await options.lock(join(directory, 'lock'))
    try {
      return new Journal(directory, await openParts({ directory, disk, options, lock }))
    } catch (error) {
      await lock[Symbol.asyncDispose]()
      throw stateError({ doing: 'open', path: directory, error })
    }
  }

  /** Looks at a journal without locking or changing it. @throws OpsError E_STATE */
  static inspect(directory: string, disk: JournalDisk = systemDisk): Promise<JournalInspection> {
    return inspectJournal(disk, directory)
  }

  /** The sequence that the next record gets. */
  get next(): number {
    return this.#next
  }

  /** True when an appender should wait for `flush()` before it goes on. */
  get isFull(): boolean {
    return this.#parts.buffer.bytes > this.#parts.bufferBytes / 2
  }

  /** Bytes that can be written although the disk is full (see preallocateBytes). */
  get reservedBytes(): number {
    return this.#parts.chain.reservedBytes
  }

  /**
   * Adds a record, a value as JSON, and returns its sequence; it is on its way to the file when the caller yields, and durable as
   * the fsync policy says or once `sync()` settles.
   * @throws OpsError E_STATE when too much waits in memory, because the disk failed or nobody waited while `isFull`
   */
  append(type: number, payload: Uint8Array | Json): number {
    return this.appendPieces(type, [payload instanceof Uint8Array ? payload : Buffer.from(JSON.stringify(payload))])
  }

  /** The same, for a payload in several pieces, one behind the other: nobody need join them. @throws OpsError E_STATE */
  appendPieces(type: number, pieces: readonly Uint8Array[]): number {
    if (this.#isClosed) throw new OpsError('E_BUG', `${this.directory} was appended to after its close`)
    this.#makeSureItFits(pieces.reduce((sum, { length }) => sum + length, 0))
    const { buffer, commit } = this.#parts
    const sequence = this.#next++
    buffer.append({ sequence, type, pieces, durable: commit.durable })
    commit.wake()
    this.#startTimer()
    return sequence
  }

  /** Settles when everything appended so far is in the file: it survives the end of this process. @throws OpsError E_STATE */
  flush(): Promise<void> {
    return this.#parts.commit.reach(this.#next - 1, false)
  }

  /** Settles when everything appended so far is durable; callers share one fsync. @throws OpsError E_STATE */
  sync(): Promise<void> {
    return this.#parts.commit.reach(this.#next - 1, true)
  }

  /**
   * The records from a sequence on, up to the last one in the file: those appended before the call, unless the disk is full.
   * @throws OpsError E_STATE
   */
  async *read(options: ReadOptions = {}): AsyncGenerator<JournalRecord> {
    // Reading must work where writing does not: consumers are how a full disk gets empty.
    await this.flush().catch(() => {})
    yield* readRecords(this.#parts.disk, this.directory, options)
  }

  /** By name: the next record that each consumer wants. */
  get cursors(): ReadonlyMap<string, number> {
    return this.#parts.cursors.positions
  }

  /**
   * Says what a consumer wants next, durably unless the policy is 'never'; makes the cursor where there is none.
   * @throws OpsError E_STATE
   */
  async moveCursor(name: string, position: number): Promise<void> {
    if (!(Number.isInteger(position) && position >= 1 && position <= this.#next)) {
      throw new OpsError('E_BUG', `cursor ${name} can not move to ${position}: the journal goes to ${this.#next}`)
    }
    await this.#parts.cursors.move(name, position)
  }

  /** Retention no longer waits for that consumer. */
  removeCursor(name: string): Promise<void> {
    return this.#parts.cursors.remove(name)
  }

  /** Removes old segments that every cursor has passed. @throws OpsError E_STATE */
  async prune(retention: Retention = {}): Promise<Pruned> {
    const { disk, clock, cursors, chain } = this.#parts
    const consumed = await cursors.consumed()
    const { directory } = this
    return pruneSegments({ disk, directory, retention, consumed, nowMs: clock.now(), current: chain.current })
  }

  /** Writes what waits, durably unless the policy is 'never', and gives the lock back, also when that fails. @throws OpsError E_STATE */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#cancelTimer?.()
    const { commit, chain, cursors, lock, policy } = this.#parts
    try {
      await commit.reach(this.#next - 1, policy !== 'never')
    } finally {
      await commit.idle()
      await closeAll([chain, cursors, lock])
    }
  }

  #makeSureItFits(payloadBytes: number): void {
    const { buffer, commit, bufferBytes } = this.#parts
    if (payloadBytes > maxPayloadBytes) {
      throw new OpsError('E_BUG', `a record of ${payloadBytes} bytes is too large: at most ${maxPayloadBytes}`)
    }
    if (buffer.bytes === 0 || buffer.bytes + frameHeaderBytes + payloadBytes <= bufferBytes) return
    commit.retry()
    throw new OpsError('E_STATE', `${this.directory} takes no more records: ${buffer.bytes} bytes wait to be written`, {
      hint: 'check that the disk is not full',
      data: { path: this.directory },
      cause: commit.failure,
    })
  }

  #startTimer(): void {
    const { policy, clock } = this.#parts
    if (typeof policy === 'string' || this.#cancelTimer) return
    this.#cancelTimer = clock.timer(policy.everyMs, () => {
      this.#cancelTimer = undefined
      this.sync().catch(error => {
        this.#parts.onError(error)
        if (!this.#isClosed) this.#startTimer()
      })
    })
  }
}

/** Each of them, whatever the others do; the first failure is thrown. */
async function closeAll(parts: readonly AsyncDisposable[]): Promise<void> {
  const failures: unknown[] = []
  for (const part of parts) {
    try {
      await part[Symbol.asyncDispose]()
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length > 0) throw failures[0]
}

import { join } from 'node:path'
import type { Clock } from '../core/clock.ts'
import { Journal } from '../journal/journal.ts'
import type { JournalOptions } from '../journal/options.ts'
import { Ledger, type Moment } from './ledger.ts'
import type { AlertRecord } from './record.ts'

export interface OutboxOptions extends Pick<JournalOptions, 'lock' | 'onError' | 'onPoint' | 'disk' | 'fsync'> {
  readonly directory: string
  readonly clock: Clock
}

/** Where the records that are still wanted begin. */
const cursor = 'kept'
const recordType = 1
/** Written since the last time that everything was written anew. */
const roomyBytes = 4 * 1024 * 1024
/** What had to wait when the process ended is told this much after a start: the first looks may show that it is over. */
const graceMs = 30_000

/** The ledger, and the journal that it is made of. */
export class Outbox implements AsyncDisposable {
  readonly ledger: Ledger
  readonly #journal: Journal
  readonly #clock: Clock
  #writtenBytes: number
  #liveBytes = 0
  #compacting: Promise<void> | undefined

  private constructor(opened: {
    readonly ledger: Ledger
    readonly journal: Journal
    readonly clock: Clock
    readonly readBytes: number
  }) {
    this.ledger = opened.ledger
    this.#journal = opened.journal
    this.#clock = opened.clock
    this.#writtenBytes = opened.readBytes
  }

  /** @throws OpsError E_LOCKED, E_STATE */
  static async open({ directory, clock, ...options }: OutboxOptions): Promise<Outbox> {
    const journal = await Journal.open(join(directory, 'alerts'), {
      // What was delivered need not wait for the disk: a power cut in between repeats it under the same key.
      fsync: { everyMs: 1000 },
      ...options,
      clock,
      segmentBytes: 1024 * 1024,
      bufferBytes: 64 * 1024 * 1024,
    })
    try {
      const ledger = new Ledger()
      let readBytes = 0
      const now = { ...momentOf(clock), graceMs }
      for await (const { payload } of journal.read({ from: journal.cursors.get(cursor) ?? 1 })) {
        readBytes += payload.length
        // Written by this very class, and the journal guards every byte.
        ledger.apply(JSON.parse(Buffer.from(payload).toString()) as AlertRecord, now)
      }
      return new Outbox({ ledger, journal, clock, readBytes })
    } catch (error) {
      await journal[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Takes it into the ledger, and on its way to the disk. @throws OpsError E_STATE when it can not be kept; the ledger has it all the same */
  write(record: AlertRecord): void {
    this.ledger.apply(record, momentOf(this.#clock))
    const payload = Buffer.from(JSON.stringify(record))
    this.#writtenBytes += payload.length
    this.#journal.append(recordType, payload)
  }

  /** Settles when all that was written survives the end of this process. @throws OpsError E_STATE */
  async flush(): Promise<void> {
    await this.#journal.flush()
  }

  /** Settles when all that was written is durable. @throws OpsError E_STATE */
  async sync(): Promise<void> {
    await this.#journal.sync()
  }

  /** Writes anew what still counts when most of what is there does not, and lets the rest go. @throws OpsError E_STATE */
  async compact(): Promise<void> {
    if (this.#writtenBytes < roomyBytes + 2 * this.#liveBytes) return
    this.#compacting ??= this.#writeAnew().finally(() => {
      this.#compacting = undefined
    })
    await this.#compacting
  }

  async #writeAnew(): Promise<void> {
    const start = this.#journal.next
    this.#writtenBytes = 0
    this.#liveBytes = 0
    for (const record of this.ledger.records()) {
      const payload = Buffer.from(JSON.stringify(record))
      this.#liveBytes += payload.length
      this.#journal.append(recordType, payload)
      if (this.#journal.isFull) await this.#journal.flush()
    }
    await this.#journal.sync()
    await this.#journal.moveCursor(cursor, start)
    await this.#journal.prune()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#compacting?.catch(() => undefined)
    await this.#journal[Symbol.asyncDispose]()
  }
}

export const momentOf = (clock: Clock): Moment => ({ wall: clock.now(), monotonic: clock.monotonic() })

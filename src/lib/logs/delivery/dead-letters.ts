import { existsSync } from 'node:fs'
import type { Clock } from '../../core/clock.ts'
import { sleep } from '../../core/clock.ts'
import type { Log } from '../../core/io.ts'
import type { JournalRecord } from '../../journal/frame.ts'
import { Journal } from '../../journal/journal.ts'
import type { JournalOptions } from '../../journal/options.ts'
import { type DeadLetter, type DeadLetterFilter, isMeant } from './dead-letter.ts'
import { whenDiskAllows } from './disk-work.ts'
import { segmentBytes } from './segment-bytes.ts'

export interface DeadLettersOptions extends Pick<JournalOptions, 'lock'> {
  readonly directory: string
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
  /** With more it takes none: 256 MiB by default. */
  readonly maxBytes?: number
}

/** Types of the records of the journal: a letter, and the sequences of letters that are no more. */
const types = { letter: 1, removed: 2 } as const
const cursor = 'kept'
const defaultMaxBytes = 256 * 1024 * 1024
/** A longer record is cut. */
const maxRecordLength = 4 * 1024 * 1024
const waitMs = 1000

export interface StoredLetter {
  readonly sequence: number
  readonly letter: DeadLetter
}

/** The dead letters of a pipeline, on disk: what is put here is durable before anybody is told that it is done with. */
export class DeadLetters implements AsyncDisposable {
  readonly #options: DeadLettersOptions
  #journal: Promise<Journal> | undefined
  #bytes: number | undefined

  /** Nothing is made on disk before the first letter. */
  constructor(options: DeadLettersOptions) {
    this.#options = options
  }

  /** Durable when it settles. It waits while there is no room; false where it was told to stop meanwhile. */
  async add(letters: readonly DeadLetter[]): Promise<boolean> {
    const { clock, log, signal, maxBytes = defaultMaxBytes } = this.#options
    const whenDone = { clock, log, signal, doing: 'keep dead letters', about: {} }
    const journal = await whenDiskAllows(() => this.#open(), whenDone)
    if (journal === undefined) return false
    for (let isTold = false; (this.#bytes ?? 0) >= maxBytes; isTold = true) {
      if (!isTold)
        log('error', 'there is no room for more dead letters: their sinks wait', {
          maxBytes,
          hint: 'look at them, and replay or remove them',
        })
      await sleep(clock, waitMs, signal).catch(() => {})
      if (signal.aborted) return false
    }
    let added = 0
    const write = async (): Promise<true> => {
      for (; added < letters.length; added++) {
        const letter = letters[added]
        if (letter === undefined) break
        if (journal.isFull) await journal.flush()
        const payload = Buffer.from(JSON.stringify(shortened(letter)))
        journal.append(types.letter, payload)
        this.#bytes = (this.#bytes ?? 0) + payload.length
      }
      await journal.sync()
      return true
    }
    return (await whenDiskAllows(write, whenDone)) ?? false
  }

  /** Those that are there now and not removed, oldest first; what comes and goes meanwhile does not matter. @throws OpsError E_STATE */
  async *read(filter: DeadLetterFilter = {}): AsyncGenerator<StoredLetter> {
    if (!existsSync(this.#options.directory)) return
    const journal = await this.#open()
    const from = journal.cursors.get(cursor) ?? 1
    const { next } = journal
    for await (const stored of living(() => journal.read({ from }), filter)) {
      if (stored.sequence >= next) return
      yield stored
    }
  }

  /** They are delivered, or not wanted any more. Durable when it settles. @throws OpsError E_STATE */
  async remove(sequences: readonly number[]): Promise<void> {
    if (sequences.length === 0) return
    await this.mark(sequences)
    await this.tidy()
  }

  /** As `remove`, but what they take on disk is given back only by `tidy`: for many pieces of work. @throws OpsError E_STATE */
  async mark(sequences: readonly number[]): Promise<void> {
    if (sequences.length === 0) return
    const journal = await this.#open()
    if (journal.isFull) await journal.flush()
    journal.append(types.removed, [...sequences])
    await journal.sync()
  }

  /** Gives the room of what was removed back, as far as no older letter stays. @throws OpsError E_STATE */
  async tidy(): Promise<void> {
    if (!existsSync(this.#options.directory)) return
    const journal = await this.#open()
    const [first] = await Array.fromAsync(firstOf(this.read()))
    await journal.moveCursor(cursor, first?.sequence ?? journal.next)
    const { bytes } = await journal.prune()
    this.#bytes = (this.#bytes ?? 0) - bytes
  }

  /** On disk, with those that are removed and not yet tidied away; and with how many it takes no more. */
  get room(): { readonly bytes: number; readonly maxBytes: number } {
    const { directory, maxBytes = defaultMaxBytes } = this.#options
    this.#bytes ??= existsSync(directory) ? segmentBytes(directory) : 0
    return { bytes: this.#bytes, maxBytes }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const journal = await this.#journal?.catch(() => undefined)
    await journal?.[Symbol.asyncDispose]()
  }

  #open(): Promise<Journal> {
    this.#journal ??= this.#openAnew().catch(error => {
      this.#journal = undefined
      throw error
    })
    return this.#journal
  }

  async #openAnew(): Promise<Journal> {
    const { directory, clock, lock } = this.#options
    const journal = await Journal.open(directory, { clock, lock, fsync: { everyMs: 5000 }, segmentBytes: 1024 * 1024 })
    this.#bytes = (await Journal.inspect(directory)).bytes
    return journal
  }
}

/** The letters in a directory, also while a pipeline writes there. @throws OpsError E_STATE */
export async function* readDeadLetters(directory: string, filter: DeadLetterFilter = {}): AsyncGenerator<StoredLetter> {
  const { read, cursors } = await Journal.inspect(directory)
  yield* living(() => read({ from: cursors.get(cursor) ?? 1 }), filter)
}

/** A letter is removed behind it, so that all is read twice. */
async function* living(read: () => AsyncIterable<JournalRecord>, filter: DeadLetterFilter): AsyncGenerator<StoredLetter> {
  const removed = new Set<number>()
  for await (const record of read()) if (record.type === types.removed) for (const each of numbersIn(record)) removed.add(each)
  for await (const { type, payload, sequence } of read()) {
    if (type !== types.letter || removed.has(sequence)) continue
    // Written by this very file, and the journal guards every byte.
    const letter = JSON.parse(Buffer.from(payload).toString('utf8')) as DeadLetter
    if (isMeant(letter, filter)) yield { sequence, letter }
  }
}

const numbersIn = ({ payload }: JournalRecord): number[] => JSON.parse(Buffer.from(payload).toString('utf8'))

async function* firstOf<T>(several: AsyncIterable<T>): AsyncGenerator<T> {
  for await (const each of several) return yield each
}

const shortened = (letter: DeadLetter): DeadLetter =>
  letter.record.length <= maxRecordLength
    ? letter
    : { ...letter, record: letter.record.slice(0, maxRecordLength), cutFrom: letter.record.length }

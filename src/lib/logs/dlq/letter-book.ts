import type { DeadLetter, DeadLetterFilter } from '../delivery/dead-letter.ts'
import type { DeadLetters, StoredLetter } from '../delivery/dead-letters.ts'
import type { PipelineSink } from '../pipeline/pipeline.ts'
import { Records } from '../records.ts'
import type { Store } from '../store/store.ts'

interface LetterBookOptions {
  readonly letters: DeadLetters
  readonly store: Store
  readonly sinks: readonly PipelineSink[]
}

const batchLetters = 1000

/** The dead letters before they are offered again: one for each record and sink. */
export class LetterBook {
  readonly #options: LetterBookOptions
  /** The newest sequence of each letter. */
  readonly #newest = new Map<string, number>()
  /** What came while it was replayed lies behind. */
  #last = 0

  constructor(options: LetterBookOptions) {
    this.#options = options
  }

  /**
   * Makes up for what was interrupted: removes what an earlier replay delivered, and doubles that are from a kill between a letter and the
   * count of it. @throws OpsError E_STATE
   */
  async recover(): Promise<void> {
    const { letters, store } = this.#options
    await letters.mark(store.replayed())
    let doubles: number[] = []
    for await (const { sequence, letter } of letters.read()) {
      const double = this.#newest.get(keyOf(letter))
      if (double !== undefined) doubles.push(double)
      this.#newest.set(keyOf(letter), sequence)
      this.#last = sequence
      if (doubles.length < batchLetters) continue
      await letters.mark(doubles)
      doubles = []
    }
    await letters.mark(doubles)
  }

  /**
   * Letters of a stage become letters of each sink that would get them, so that each is on its own. Those that a part was made of before
   * are made whole, whether meant or not. How many no sink wants: they are removed. @throws OpsError E_STATE
   */
  async share(filter: DeadLetterFilter): Promise<number> {
    const { letters } = this.#options
    let unwanted = 0
    let batch: StoredLetter[] = []
    const end = this.#last
    const meant = new Set<number>()
    for await (const { sequence } of letters.read(filter)) meant.add(sequence)
    for await (const stored of letters.read()) {
      const { sequence, letter } = stored
      if (sequence > end) break
      if (letter.sink !== undefined || !(meant.has(sequence) || this.#isBegun(letter))) continue
      batch.push(stored)
      if (batch.length < batchLetters) continue
      unwanted += await this.#shareSome(batch)
      batch = []
    }
    unwanted += await this.#shareSome(batch)
    for await (const { sequence, letter } of letters.read()) {
      if (sequence <= end) continue
      this.#newest.set(keyOf(letter), sequence)
      this.#last = sequence
    }
    return unwanted
  }

  /** Letters for one sink, in several batches; none that came after `share`. @throws OpsError E_STATE */
  async *of(sink: string, filter: DeadLetterFilter): AsyncGenerator<readonly StoredLetter[]> {
    const end = this.#last
    let batch: StoredLetter[] = []
    for await (const stored of this.#options.letters.read({ ...filter, sink })) {
      if (stored.sequence > end) break
      if (this.#newest.get(keyOf(stored.letter)) !== stored.sequence) continue
      batch.push(stored)
      if (batch.length < batchLetters) continue
      yield batch
      batch = []
    }
    if (batch.length > 0) yield batch
  }

  #isBegun(letter: DeadLetter): boolean {
    return this.#options.sinks.some(({ name }) => this.#newest.has(keyOf({ ...letter, sink: name })))
  }

  async #shareSome(batch: readonly StoredLetter[]): Promise<number> {
    if (batch.length === 0) return 0
    const { letters, store } = this.#options
    const copies: DeadLetter[] = []
    const unwanted = new Map<string, { sink: string; source: string; count: number }>()
    let nowhere = 0
    for (const { letter } of batch) {
      const readers = this.#options.sinks.filter(({ sources }) => sources?.includes(letter.source) ?? true)
      const takers = readers.filter(sink => takes(sink, letter))
      if (takers.length === 0) nowhere++
      for (const sink of readers) {
        const { name } = sink
        if (takers.includes(sink)) {
          if (!this.#newest.has(keyOf({ ...letter, sink: name }))) copies.push({ ...letter, sink: name })
          continue
        }
        const key = `${letter.source} ${name}`
        const known = unwanted.get(key) ?? { sink: name, source: letter.source, count: 0 }
        unwanted.set(key, { ...known, count: known.count + 1 })
      }
    }
    await letters.add(copies)
    const sequences = batch.map(({ sequence }) => sequence)
    const ledger = store.ledger()
    const commits = [...unwanted.values()].map(({ sink, source, count }) => {
      const dead = Math.min(count, ledger.find(row => row.sink === sink && row.source === source)?.dead ?? 0)
      return { sink, advances: [{ source, counts: { dead: -dead, records: -dead } }], replayed: sequences }
    })
    store.commit(...commits)
    store.secure()
    await letters.mark(sequences)
    return nowhere
  }
}

/** Of a record and a sink, or of a record that no sink has seen. */
const keyOf = ({ id, sink }: Pick<DeadLetter, 'id' | 'sink'>): string => `${id} ${sink ?? ''}`

/** Whether a sink would get the record of a letter. */
export const takes = (sink: Pick<PipelineSink, 'filter'>, letter: DeadLetter): boolean =>
  sink.filter === undefined ||
  letter.cutFrom !== undefined ||
  sink.filter.filter(Records.ofLines(recordLine(letter), 1)).count > 0

/** The record as sinks are given it. */
export const recordLine = ({ record }: DeadLetter): Uint8Array => Buffer.from(`${record.replaceAll(/[\r\n]+/g, ' ')}\n`)

import { join } from 'node:path'
import type { Clock } from '../../../src/lib/core/clock.ts'
import type { OpenSink, Parcel, Receipt, SinkLimits } from '../../../src/lib/core/sink.ts'
import { systemClock } from '../../../src/lib/io/system-clock.ts'
import type { Chunk } from '../../../src/lib/logs/delivery/chunk.ts'
import { DeadLetters } from '../../../src/lib/logs/delivery/dead-letters.ts'
import { findSpool } from '../../../src/lib/logs/delivery/find-spool.ts'
import { Lane } from '../../../src/lib/logs/delivery/lane.ts'
import { Spool } from '../../../src/lib/logs/delivery/spool.ts'
import type { LedgerRow } from '../../../src/lib/logs/store/rows.ts'
import { Store } from '../../../src/lib/logs/store/store.ts'
import { acquireLock } from '../../../src/lib/run/lock.ts'

/** A second of its timers is a millisecond. */
export const hastyClock: Clock = {
  now: () => systemClock.now(),
  monotonic: () => systemClock.monotonic() * 1000,
  timer: (ms, call, options) => systemClock.timer(ms / 1000, call, options),
}

export type Answer = (parcels: readonly Parcel[], signal: AbortSignal) => Receipt | Promise<Receipt>

export interface OrdealOptions {
  readonly directory: string
  readonly answer: Answer
  readonly limits?: Partial<SinkLimits>
  readonly clock?: Clock
  readonly maxHeldBytes?: number
  readonly maxSpoolBytes?: number
  readonly dropsWhenFull?: boolean
  readonly name?: string
  readonly seen?: (streams: ReadonlySet<string>) => void
}

/** A lane with a sink that answers as a test says, and what stands around it. Ended as a kill ends it: nothing is finished. */
export class Ordeal implements AsyncDisposable {
  readonly log: string[] = []
  readonly store: Store
  readonly lane: Lane
  readonly deadLetters: DeadLetters
  readonly #ending: AbortController

  private constructor(made: { store: Store; lane: Lane; deadLetters: DeadLetters; ending: AbortController; log: string[] }) {
    this.store = made.store
    this.lane = made.lane
    this.deadLetters = made.deadLetters
    this.#ending = made.ending
    this.log = made.log
  }

  static async begin(options: OrdealOptions): Promise<Ordeal> {
    const { directory, answer, limits, clock = hastyClock, maxHeldBytes = 4096, maxSpoolBytes = 1e9, name = 'loki' } = options
    const lines: string[] = []
    const log = (_: string, message: string): void => void lines.push(message)
    const ending = new AbortController()
    const lock = (path: string) => acquireLock(path, { runId: 'test', command: 'test', clock })
    const store = new Store(join(directory, 'state.db'))
    const deadLetters = new DeadLetters({ directory: join(directory, 'dead', name), clock, log, lock, signal: ending.signal })
    const spool = { directory: join(directory, 'spool', name), sink: name, clock, log, lock, maxBytes: maxSpoolBytes }
    const sink: OpenSink = { send: async (parcels, signal) => answer(parcels, signal), [Symbol.asyncDispose]: async () => {} }
    const lane = new Lane({
      ...{ name, sink, store, clock, log, deadLetters, maxHeldBytes, random: () => 0.5 },
      limits: { bytes: 1000, records: 1000, underWay: 1, ...limits },
      spool: {
        found: await findSpool({ ...spool, store }),
        make: () => Spool.open(spool),
        maxBytes: maxSpoolBytes,
        collectGarbage: () => {},
        dropsWhenFull: options.dropsWhenFull ?? false,
      },
      stopping: ending.signal,
      ending: ending.signal,
      onDelivered: options.seen ?? (() => {}),
    })
    return new Ordeal({ store, lane, deadLetters, ending, log: lines })
  }

  /** Of the only source. */
  get ledger(): LedgerRow | undefined {
    return this.store.ledger()[0]
  }

  async letters(): Promise<{ readonly record: string; readonly reason: string; readonly id: string }[]> {
    const found = []
    for await (const { letter } of this.deadLetters.read()) found.push(letter)
    return found
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort()
    await this.lane.close()
    await this.deadLetters[Symbol.asyncDispose]()
    this.store[Symbol.dispose]()
  }
}

/** Records with the numbers from `from` to before `to`, which are also the place in the stream. */
export function chunkOf(
  from: number,
  to: number,
  { stream = 'access', isUnique = false, isLastChance = false, release = () => {} }: Partial<Chunk> = {},
): Chunk {
  const records = Buffer.from(
    Array.from({ length: to - from }, (_, index) => `{"stream":"${stream}","n":${from + index}}\n`).join(''),
  )
  const head = { id: `${stream}:${from}-${to}`, source: 'web', stream, from, to, lines: to - from, bytes: to - from, dead: 0 }
  return { ...head, count: to - from, records, isUnique, isLastChance, holds: records.length, release }
}

/** The numbers in parcels, as they came. */
export const numbersIn = (parcels: readonly Parcel[]): number[] =>
  parcels.flatMap(({ records }) =>
    Buffer.from(records)
      .toString()
      .split('\n')
      .slice(0, -1)
      .map(line => JSON.parse(line).n),
  )

/** What must be true of a ledger at every moment. */
export const isBalanced = ({ records, delivered, dead, spooled, dropped }: LedgerRow): boolean =>
  records === delivered + dead + spooled + dropped && [records, delivered, dead, spooled, dropped].every(count => count >= 0)

import type { SlaClass } from '../../probe/index.ts'
import type { Entry } from './entry.ts'
import { IndexedHeap } from './indexed-heap.ts'
import { LagHistogram } from './lag-histogram.ts'

/** One class of jobs with all that is counted of it. */
export interface Lane {
  readonly sla: SlaClass
  /** The lower the sooner. */
  readonly rank: number
  /** Of all starts, 0 to 1, while there is more to do than workers. */
  readonly share: number
  /** Workers that are its own: the others leave them free, or in use by it. */
  readonly reserved: number
  /** Workers that the others leave free beside those that it uses, until it has its share of all. */
  readonly headroom: number
  readonly mostHeld: number
  /** Due, and no cap is known to be in the way; the longest due first. */
  readonly ready: IndexedHeap<Entry>
  readonly lag: LagHistogram
  /** Due and not running, those that wait at a cap included. */
  due: number
  running: number
  started: number
  aborted: number
  abandoned: number
  /** How many starts it is behind its share. */
  owed: number
}

const usualShares: Readonly<Record<SlaClass, number>> = { P0: 0.5, P1: 0.3, P2: 0.2 }

/**
 * Who starts next. P0 comes before P1, P1 before P2, but for a class that is a whole start behind its share: that comes first. So each gets
 * at least its share of starts while it has something to do, P0 waits for two others at most, and what a class leaves goes to the rest.
 *
 * Shares of starts do not help when nothing ends: a class whose runs all hang would hold every worker until their deadlines. So the others
 * leave a class a quarter of its share of workers; and where it uses those up, because its own hang too, a sixteenth more than it uses,
 * until it holds its whole share: whoever comes next finds a free one at once. With fewer than six workers nothing is left.
 */
export class Lanes implements Iterable<Lane> {
  readonly #workers: number
  readonly #lanes: readonly Lane[]
  #running = 0

  constructor(workers: number, shares: Readonly<Record<SlaClass, number>> = usualShares) {
    this.#workers = workers
    const all = shares.P0 + shares.P1 + shares.P2
    this.#lanes = (['P0', 'P1', 'P2'] as const).map((sla, rank) => newLane({ sla, rank, share: shares[sla] / all }, workers))
  }

  [Symbol.iterator](): Iterator<Lane> {
    return this.#lanes[Symbol.iterator]()
  }

  get running(): number {
    return this.#running
  }

  of(sla: SlaClass): Lane {
    const lane = this.#lanes.find(lane => lane.sla === sla)
    if (!lane) throw new TypeError(`no class ${sla}`)
    return lane
  }

  /** The lane whose first is to start now; undefined when nothing is due or nothing may. */
  next(): Lane | undefined {
    const able = this.#lanes.filter(lane => lane.ready.size > 0 && this.#admits(lane))
    const [first] = able
    if (!first) return undefined
    const owed = able.reduce((most, lane) => (lane.owed > most.owed ? lane : most), first)
    return owed.owed >= 1 ? owed : first
  }

  /** One of the lane's, which has left `ready`, starts. */
  begun(begun: Lane): void {
    for (const lane of this.#lanes) {
      if (lane === begun) lane.owed = Math.max(0, lane.owed + lane.share - 1)
      else if (lane.ready.size > 0 && this.#admits(lane)) lane.owed += lane.share
    }
    begun.running++
    this.#running++
  }

  ended(lane: Lane): void {
    lane.running--
    this.#running--
  }

  #admits(wanting: Lane): boolean {
    let free = this.#workers - this.#running
    // What is its own it may take from the headroom of others too.
    const left = wanting.running < wanting.reserved ? reserveOf : leftTo
    for (const lane of this.#lanes) if (lane !== wanting) free -= left(lane)
    return free > 0
  }
}

/** Of its own workers those that it does not use. */
const reserveOf = ({ reserved, running }: Lane): number => Math.max(0, reserved - running)

/** Free workers that nobody else may take who uses his own. */
const leftTo = (lane: Lane): number => Math.max(reserveOf(lane), Math.min(lane.headroom, lane.mostHeld - lane.running))

function newLane(lane: Pick<Lane, 'sla' | 'rank' | 'share'>, workers: number): Lane {
  return {
    ...lane,
    reserved: Math.max(workers >= 6 ? 1 : 0, Math.floor((workers * lane.share) / 4)),
    headroom: workers >= 6 ? Math.ceil((workers * lane.share) / 16) : 0,
    mostHeld: Math.floor(workers * lane.share),
    ...{ ready: new IndexedHeap<Entry>(({ dueAt }) => dueAt), lag: new LagHistogram() },
    ...{ due: 0, running: 0, started: 0, aborted: 0, abandoned: 0, owed: 0 },
  }
}

import type { Sampling } from '../core/check.ts'
import type { SlaClass } from '../probe/index.ts'
import { beatFrom, spread } from './scheduler/beat.ts'

/** What is overdue after a start or a pause is looked at over this time, milliseconds, and never later than its interval. */
const catchUpMs = { P0: 5_000, P1: 15_000, P2: 30_000 } as const
/** Looks at a dimension whose bad answer waits to be confirmed, milliseconds apart. */
const confirmAfterMs = 1000
/** A moment this near to a beat is on it, milliseconds. */
const sameMs = 0.5

export interface Dueing {
  readonly sampling: readonly Sampling[]
  /** What is looked at together: its name gives the phase of all its beats. */
  readonly groupId: string
  readonly sla: SlaClass
}

/** What is known from before: of the same place when its check was another, or of the last process. */
export interface Before {
  readonly now: number
  readonly known?: { readonly dues: Dues; readonly lookedAt: number } | undefined
  /** By dimension. */
  readonly kept?: Readonly<Record<string, number>> | undefined
  /** It is to be looked at soon, whatever was planned. */
  readonly isUrgent: boolean
}

/**
 * When each dimension of a check in one place is due: on the beats of its interval, and in between where that is wanted. From one look to the
 * next it is never longer than the interval, but for what the looks themselves are late. All times are monotonic milliseconds.
 */
export class Dues {
  readonly #sampling: readonly Sampling[]
  /** Of each dimension when it is due, and a moment of its beats. */
  readonly #moments: number[] = []

  constructor({ sampling, groupId, sla }: Dueing, { now, known, kept, isUrgent }: Before) {
    this.#sampling = sampling
    for (const { dimension, intervalMs } of sampling) {
      const before = known ? known.dues.#of(dimension) : undefined
      const due = before?.dueAt ?? kept?.[dimension] ?? Number.NaN
      // What a clock that was set puts far away is due within its interval all the same.
      const isPlanned = !isUrgent && due > now && due <= now + intervalMs
      const isOther = Number.isNaN(due) || (before !== undefined && before.intervalMs !== intervalMs)
      const beatAt = isOther ? spread(groupId, intervalMs) : (before?.beatAt ?? due)
      // Being changed while it waits for its turn delays nothing.
      const isOverdue = known !== undefined && due <= now && known.lookedAt < due
      const soon =
        intervalMs <= catchUpMs[sla] ? beatFrom(now, { beatAt, everyMs: intervalMs }) : now + spread(groupId, catchUpMs[sla])
      this.#moments.push(isPlanned ? due : isOverdue ? now : soon, beatAt)
    }
  }

  get earliest(): number {
    let earliest = Number.POSITIVE_INFINITY
    for (let at = 0; at < this.#moments.length; at += 2) earliest = Math.min(earliest, this.#moments[at] ?? earliest)
    return earliest
  }

  /** Something is due, or will be within the same moment. */
  isDueBy(at: number): boolean {
    return this.#sampling.some((_, index) => this.isDue(index, at))
  }

  /** The dimension at this place among all of them is. A little early is on time: what is due within the same moment shares a look. */
  isDue(index: number, at: number): boolean {
    const { intervalMs } = this.#sampling[index] ?? { intervalMs: 0 }
    return (this.#moments[2 * index] ?? at) <= at + Math.min(1000, intervalMs / 10)
  }

  /** All of it is due at that moment. */
  planAll(at: number): void {
    for (const index of this.#sampling.keys()) this.#moments[2 * index] = at
  }

  /** What would be due sooner is due then. */
  postpone(until: number): void {
    for (const index of this.#sampling.keys()) this.#moments[2 * index] = Math.max(until, this.#moments[2 * index] ?? until)
  }

  /** After a look at some dimensions: on their beats, those that were due, or soon where a bad answer waits to be confirmed. */
  planNext(
    judged: readonly string[],
    { startedAt, unconfirmed }: { readonly startedAt: number; readonly unconfirmed: readonly string[] },
  ): void {
    for (const [index, { dimension, intervalMs }] of this.#sampling.entries()) {
      if (!judged.includes(dimension)) continue
      if (unconfirmed.includes(dimension)) this.#moments[2 * index] = startedAt + Math.min(confirmAfterMs, intervalMs)
      else if (this.isDue(index, startedAt)) this.#moments[2 * index] = this.#next(index, startedAt)
    }
  }

  /** What was due then is not looked at, but on its next beat. */
  skip(startedAt: number): void {
    const all = this.#sampling.map(({ dimension }) => dimension)
    this.planNext(all, { startedAt, unconfirmed: [] })
  }

  /** By dimension, as moments of another clock that shows so much more. */
  shifted(ms: number): Record<string, number> {
    const all: Record<string, number> = {}
    for (const [index, { dimension }] of this.#sampling.entries())
      all[dimension] = Math.round((this.#moments[2 * index] ?? 0) + ms)
    return all
  }

  /**
   * The first beat after half an interval: whoever was late is not looked at twice in a row. From a look that was meant to be between two
   * beats that may be further away than an interval: there is one more half-way then.
   */
  #next(index: number, startedAt: number): number {
    const { intervalMs } = this.#sampling[index] ?? { intervalMs: Number.NaN }
    const [dueAt, beatAt] = [this.#moments[2 * index] ?? startedAt, this.#moments[2 * index + 1] ?? startedAt]
    const beat = beatFrom(startedAt + intervalMs / 2, { beatAt, everyMs: intervalMs })
    const offBeatMs = Math.abs(dueAt - beatFrom(dueAt - intervalMs / 2, { beatAt, everyMs: intervalMs }))
    // One that is this late has no time for looks in between.
    const isLate = startedAt - dueAt > intervalMs / 4
    return offBeatMs > sameMs && !isLate && beat - startedAt > intervalMs ? (startedAt + beat) / 2 : beat
  }

  #of(dimension: string): { readonly intervalMs: number; readonly dueAt: number; readonly beatAt: number } | undefined {
    const index = this.#sampling.findIndex(each => each.dimension === dimension)
    const [dueAt, beatAt] = this.#moments.slice(2 * index, 2 * index + 2)
    const { intervalMs } = this.#sampling[index] ?? {}
    if (intervalMs === undefined || dueAt === undefined || beatAt === undefined) return undefined
    return { intervalMs, dueAt, beatAt }
  }
}

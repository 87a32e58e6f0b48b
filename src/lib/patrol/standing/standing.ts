import type { AlertSeverity } from '../../core/alert.ts'
import type { CheckJudgement, Sampling } from '../../core/check.ts'
import type { Reason } from '../../core/item.ts'
import { type DimensionStanding, isUnconfirmed, judgedAgain } from './dimension-standing.ts'
import { type Flapping, flappingAfter, steady } from './flapping.ts'
import { type Level, worstLevel } from './level.ts'

/** How a check in one place stands: all that a restart must not lose. Times are milliseconds since 1970. */
export interface Standing {
  /** By name, those that were ever judged. */
  readonly dimensions: Readonly<Record<string, DimensionStanding>>
  readonly level: Level
  /** Since when it is at this level. */
  readonly since: number
  /** Looks in a row that found it well while an incident is open. */
  readonly wellLooks: number
  readonly flapping: Flapping
  readonly looks: number
  readonly badLooks: number
  readonly lookedAt: number
  readonly incident?: Incident
  /** Not looked at since then, because of the bad check that it depends on. */
  readonly suppressed?: { readonly by: string; readonly since: number }
}

/** Something is wrong: from when it counts until it is well again. */
export interface Incident {
  readonly id: string
  readonly startedAt: number
  /** The highest that it came to. */
  readonly severity: AlertSeverity
  readonly summary: string
  readonly reason?: Reason
  /** Those that it was told with: by them others know what is over. */
  readonly labels?: Readonly<Record<string, string>>
}

export interface Look {
  readonly at: number
  /** Of the dimensions that were due, or bad. */
  readonly judgements: readonly CheckJudgement[]
}

export const neverLooked = (at: number): Standing => ({
  dimensions: {},
  level: 'pass',
  since: at,
  wellLooks: 0,
  flapping: steady,
  looks: 0,
  badLooks: 0,
  lookedAt: 0,
})

/** What follows from one more look; incidents are opened and closed by `incident.ts`. Pure. */
export function afterLook({ suppressed: _, ...before }: Standing, look: Look, sampling: readonly Sampling[]): Standing {
  const dimensions: Record<string, DimensionStanding> = { ...before.dimensions }
  for (const judgement of look.judgements) {
    const wanted = sampling.find(({ dimension }) => dimension === judgement.dimension)
    if (wanted) dimensions[judgement.dimension] = judgedAgain(before.dimensions[judgement.dimension], judgement, wanted)
  }
  // A dimension that the check no longer has must not hold it down for ever.
  for (const name of Object.keys(dimensions)) if (!sampling.some(({ dimension }) => dimension === name)) delete dimensions[name]
  const level = worstLevel(Object.values(dimensions).map(each => each.level))
  const isConfirming = unconfirmedOf({ dimensions }, sampling).length > 0
  const isWell = level === 'pass' && !isConfirming
  return {
    ...before,
    dimensions,
    level,
    since: level === before.level && before.looks > 0 ? before.since : look.at,
    wellLooks: isWell ? before.wellLooks + 1 : 0,
    flapping: isConfirming ? before.flapping : flappingAfter(before.flapping, level),
    looks: before.looks + 1,
    badLooks: before.badLooks + (look.judgements.some(({ verdict }) => verdict === 'fail' || verdict === 'unknown') ? 1 : 0),
    lookedAt: look.at,
  }
}

/** Dimensions that are looked at again at once: a bad look waits to be confirmed. */
export function unconfirmedOf({ dimensions }: Pick<Standing, 'dimensions'>, sampling: readonly Sampling[]): string[] {
  return sampling.flatMap(each => {
    const found = dimensions[each.dimension]
    return found && isUnconfirmed(found, each) ? [each.dimension] : []
  })
}

/** The judgement that the level is told with: the first of the worst. */
export const worstTold = ({ dimensions, level }: Standing): CheckJudgement | undefined =>
  Object.values(dimensions).find(each => each.level === level)?.told

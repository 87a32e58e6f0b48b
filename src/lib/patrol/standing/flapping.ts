import type { Level } from './level.ts'
import { isBad } from './level.ts'

/** Looks whose changes are counted. */
const remembered = 21
/** Flapping begins with so many changes among them … */
const begins = 7
/** … and ends with so few. */
const ends = 3

/** Whether a check went well and bad in turns lately: the last looks, oldest first, 1 for a bad one. */
export interface Flapping {
  readonly looks: string
  readonly isFlapping: boolean
}

export const steady: Flapping = { looks: '', isFlapping: false }

/**
 * Two limits, so that flapping does not flap itself: more than about 30 % of changes begin it, fewer than about 15 % end it. The manner
 * is that of Nagios, without its weights.
 */
export function flappingAfter(before: Flapping, level: Level): Flapping {
  const looks = `${before.looks}${isBad(level) ? 1 : 0}`.slice(-remembered)
  const changes = [...looks].filter((look, index) => index > 0 && look !== looks[index - 1]).length
  return { looks, isFlapping: changes >= (before.isFlapping ? ends + 1 : begins) }
}

import type { CheckJudgement, Sampling } from '../../core/check.ts'
import { isBad, type Level, levelOf } from './level.ts'

/** How one dimension of a check stands. */
export interface DimensionStanding {
  /** What counts. */
  readonly level: Level
  /** What the level is told with: the last look, or the last bad one while that counts. */
  readonly told: CheckJudgement
  /** Bad looks in a row that wait for another look. */
  readonly unconfirmed: number
  /** Levels of the last looks that count, oldest first, at most `of` of the sampling. */
  readonly window: readonly Level[]
}

/**
 * What follows from one more look. A bad one counts only after `retries` more; of those that count the dimension is bad when `failures` of
 * the last `of` are, and warns when so many are at least warnings.
 */
export function judgedAgain(
  before: DimensionStanding | undefined,
  judgement: CheckJudgement,
  { retries, failures, of }: Sampling,
): DimensionStanding {
  const level = levelOf(judgement.verdict)
  const unconfirmed = isBad(level) ? Math.min((before?.unconfirmed ?? 0) + 1, retries + 1) : 0
  if (isBad(level) && unconfirmed <= retries) {
    return { level: before?.level ?? 'pass', told: before?.told ?? judgement, window: before?.window ?? [], unconfirmed }
  }
  const window = [...(before?.window ?? []), level].slice(-of)
  const counted = countedLevel(window, failures)
  // The look that is told is one that shows what counts.
  const told = counted === level || !before || before.level !== counted ? judgement : before.told
  return { level: counted, told, unconfirmed, window }
}

/** It is looked at again at once: a bad look waits to be confirmed. */
export const isUnconfirmed = ({ unconfirmed }: DimensionStanding, { retries }: Sampling): boolean =>
  unconfirmed > 0 && unconfirmed <= retries

function countedLevel(window: readonly Level[], failures: number): Level {
  const bad = window.filter(isBad)
  if (bad.length >= failures) return bad.at(-1) ?? 'fail'
  return window.filter(level => level !== 'pass').length >= failures ? 'warn' : 'pass'
}

import { figure } from './figures.ts'

/** A figure that is to be reached. */
export interface Goal {
  readonly text: string
  /** Undefined where it could not be measured. */
  readonly value: number | undefined
  readonly most?: number
  readonly least?: number
}

/** Prints which are reached; false when one is not. What was not measured is not reached. */
export function tellGoals(goals: readonly Goal[]): boolean {
  for (const goal of goals) {
    const { text, value, most, least } = goal
    const limits = [...(least === undefined ? [] : [`at least ${least}`]), ...(most === undefined ? [] : [`at most ${most}`])]
    const told = value === undefined ? 'not measured' : figure(value)
    process.stdout.write(`- ${isReached(goal) ? 'reached' : 'MISSED'}: ${text}: ${told}, ${limits.join(' and ')}\n`)
  }
  return goals.every(isReached)
}

export const isReached = ({ value, most = Number.POSITIVE_INFINITY, least = Number.NEGATIVE_INFINITY }: Goal): boolean =>
  value !== undefined && value >= least && value <= most

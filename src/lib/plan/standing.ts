import type { ChangeState } from './change-state.ts'
import type { ChangeEnd } from './record.ts'

/** What a change came to. `undone`: nothing of it stands but what its roll-back was told to leave. */
export type ChangeStanding = ChangeEnd | 'unfinished'

/** Undefined for a run that was no change. */
export function standingOf(state: ChangeState): ChangeStanding | undefined {
  if (!state.header) return undefined
  return state.end ?? (hostsStanding(state).length > 0 ? 'unfinished' : 'undone')
}

/** True for a host on which a step was begun that is not taken back, or where the word of a lease is left. */
export const isStanding = (state: ChangeState, host: string): boolean =>
  state.standing(host).length > 0 || state.lease(host) !== undefined

export const hostsStanding = (state: ChangeState): string[] => state.touchedHosts.filter(host => isStanding(state, host))

/** True for what nobody has ended: somebody has to undo it, go on with it or settle it. */
export const isHalfWay = (standing: ChangeStanding | undefined): boolean => standing === 'stuck' || standing === 'unfinished'

import type { ChangeState } from './change-state.ts'

/** What a change came to. `undone`: nothing of it stands but what its roll-back was told to leave. */
export type ChangeStanding = 'kept' | 'undone' | 'stuck' | 'unfinished'

/** Undefined for a run that was no change. */
export function standingOf(state: ChangeState): ChangeStanding | undefined {
  if (!state.header) return undefined
  return state.end ?? (hostsStanding(state).length > 0 ? 'unfinished' : 'undone')
}

/** Hosts on which a step was begun that is not taken back. */
export const hostsStanding = (state: ChangeState): string[] => state.touchedHosts.filter(host => state.standing(host).length > 0)

import { type Match, type Matchable, matches } from './match.ts'

/** Whether a window is open at a moment, milliseconds since 1970. */
export type Window = (now: number) => boolean

/** A time in which nobody is told of what begins. What was told before is still told to be over. */
export interface Mute {
  readonly name: string
  /** Of what nobody is told then. */
  readonly match: Match
  readonly covers: Window
}

export const mutes = ({ match, covers }: Mute, { alert, now }: { readonly alert: Matchable; readonly now: number }): boolean =>
  matches(match, alert) && covers(now)

import type { Alert } from '../core/alert.ts'

/** A time in which nobody is told of what begins. */
export interface Mute {
  readonly name: string
  readonly match: (alert: Alert) => boolean
  /** Milliseconds since 1970. */
  readonly covers: (now: number) => boolean
}

import type { Alert, AlertSeverity } from '../core/alert.ts'

/** One thing that one channel is to be told. */
export interface Send {
  /** The same for every attempt, also after a restart. */
  readonly key: string
  readonly alert: Alert
  /** When it was decided, milliseconds since 1970: by this it is known after a restart how long it still waits. */
  readonly at: number
  readonly afterMs: number
  /** The moment of the monotonic clock from which on it may go. */
  readonly dueAt: number
  readonly bytes: number
  /** `repeat` follows from the others and is not kept; `resend` is for receivers that forget, and no news for anybody. */
  readonly kind: 'news' | 'repeat' | 'resend'
  /** Not durable yet. */
  isHeld: boolean
  /** Handed to the channel: from here on it can not be taken back as if nothing had been. */
  isBegun: boolean
}

/** What one channel is told of one incident. */
export interface Thread {
  readonly channel: string
  readonly incident: Incident
  /** In the order in which they must arrive. */
  readonly sends: Send[]
  /** The severities at which it was told that the incident is firing. */
  readonly told: AlertSeverity[]
  /** When it was told last: milliseconds since 1970, and of the monotonic clock. */
  toldAt: number
  toldAtMonotonic: number
  repeats: number
  repeatMs: number | undefined
  /** Whether it is told of the end. */
  resolves: boolean
  /** What it was told last, or will be. */
  alert: Alert
  /** The window that holds it back. */
  mutedBy: string | undefined
}

export interface Incident {
  readonly id: string
  severity: AlertSeverity
  isResolved: boolean
  readonly threads: Map<string, Thread>
}

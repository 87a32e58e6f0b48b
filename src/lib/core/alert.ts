import type { SecretReference, Shared } from './check.ts'
import type { Clock } from './clock.ts'
import type { Reason } from './item.ts'

/** How urgent it is, least first. */
export const alertSeverities = ['info', 'warning', 'critical'] as const
export type AlertSeverity = (typeof alertSeverities)[number]

/**
 * What somebody is to know: the one form that every channel gets, whoever raises it. One incident gives alerts of one id: `firing` when
 * it begins and whenever it grows more severe, `resolved` once at its end.
 */
export interface Alert {
  /** Of the incident, in the whole world and over restarts: `prb-01JD…`. */
  readonly incident: string
  readonly status: 'firing' | 'resolved'
  readonly severity: AlertSeverity
  /** One line, without a full stop: `shop: 503 Service Unavailable, expected 200`. Secrets are masked by whoever raises it. */
  readonly summary: string
  /** More lines, plain text: what was seen, examples. */
  readonly detail?: string
  readonly reason?: Reason
  /** What it is about, and what routes go by. */
  readonly labels: Readonly<Record<string, string>>
  /** What to do: a URL. */
  readonly runbook?: string
  /** Where more is to be seen: a URL. */
  readonly link?: string
  /** RFC 3339, UTC. */
  readonly startedAt: string
  /** Of what is resolved. */
  readonly endedAt?: string
}

/** What came of sending. */
export type Delivery =
  | { readonly result: 'delivered' }
  /** Never accepted, however often it is sent: a wrong address or token, a body that is refused. */
  | { readonly result: 'refused'; readonly message: string }
  /** To be sent again, not before `afterMs` where the other side says so. */
  | { readonly result: 'later'; readonly message: string; readonly afterMs?: number }

/** What a channel may use. */
export interface ChannelPlace {
  readonly clock: Clock
  /** Aborts at the deadline of one attempt. */
  readonly signal: AbortSignal
  /** Of what is sent: the same for every attempt, another for everything else. Letters, digits and `.:_-` only, 200 at most. */
  readonly key: string
  /** The severities at which this channel was told before that the incident is firing. */
  readonly earlier: readonly AlertSeverity[]
  /** Reads a secret that a parameter refers to. @throws OpsError E_CONFIG */
  readonly secret: (reference: SecretReference) => Promise<string>
  /** What all sends share, such as pools of connections. */
  readonly shared: Shared
}

/** Delivers alerts to people, or to another system. */
export interface Channel {
  /** For people, without secrets: `Slack #operations`. */
  readonly title: string
  /** Where the receiver forgets what is not told again: how often to tell it, milliseconds, while the incident is firing. */
  readonly resendMs?: number
  /** One attempt. Trouble of the other side is in the Delivery, never a throw. The same alert sent again is known by its incident and status. */
  send(alert: Alert, place: ChannelPlace): Promise<Delivery>
}

import type { Reason } from '../core/item.ts'
import type { Json } from '../core/json.ts'
import type { DnsMessage } from '../net/dns/message.ts'
import type { DnsQuestion } from '../net/dns/question.ts'
import type { Phase, Phases } from '../net/phases.ts'
import type { TlsSeen } from '../net/tls-seen.ts'

/** What one look at an endpoint showed, also when it failed half-way. Every dimension judges the same look. */
export interface Observation {
  /** What was asked: `https://api.example.com/health`. */
  readonly endpoint: string
  readonly phases: Phases
  /** From the start of the look to its end, milliseconds. */
  readonly totalMs: number
  /** What was connected to, if it is known. */
  readonly address?: string
  /** What people should know of how it was looked, where that is not as they asked: `by TCP port 443, since there is no ping`. */
  readonly note?: string
  /** Why the look did not come to its end. */
  readonly failure?: ObservationFailure
  readonly http?: HttpSeen
  /** Of the answer, as far as it was read. */
  readonly body?: BodySeen
  /** Also there when the certificate is not accepted. */
  readonly tls?: TlsSeen
  readonly dns?: DnsSeen
  readonly ping?: PingSeen
  readonly registration?: RegistrationSeen
  /** Anything else that a kind of check shows, by name: for assertions and for `data` of machine formats. */
  readonly seen?: Readonly<Record<string, Json>>
  /** The same look at further addresses of the endpoint: each is judged, and the worst counts. */
  readonly others?: readonly Observation[]
}

export interface ObservationFailure {
  readonly reason: Reason
  readonly message: string
  readonly phase?: Phase
  /** It says nothing about the endpoint: nobody could look, or what was seen means nothing. */
  readonly unknown?: true
}

export interface HttpSeen {
  readonly status: number
  /** `1.0`, `1.1`, `2`. */
  readonly version: string
  /** As they came, names as sent. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** URLs that were asked before the last one, oldest first. */
  readonly redirects: readonly string[]
  /** The URL that answered at last, where there can be another than the first. */
  readonly url?: string
}

export interface BodySeen {
  /** Decoded where the answer was compressed. */
  readonly bytes: Uint8Array
  /** There was more than the check reads. */
  readonly truncated: boolean
  /** Of all of it, bytes, where not all of it is kept. */
  readonly size?: number
}

export interface DnsSeen {
  readonly question: DnsQuestion
  readonly message: DnsMessage
}

export interface PingSeen {
  readonly sent: number
  readonly received: number
  /** Of those that were answered, milliseconds. */
  readonly roundTrip?: { readonly min: number; readonly avg: number; readonly max: number }
  /** What was left of the time to live of the last answer. */
  readonly ttl?: number
  /** What routers and the system said instead of an answer, each once. */
  readonly complaints: readonly string[]
}

export interface RegistrationSeen {
  /** Milliseconds since 1970. */
  readonly expires: number
  /** As the registry says (RFC 8056): `active`, `redemption period`. */
  readonly status: readonly string[]
}

import type { Clock } from './clock.ts'
import type { Verdict } from './item.ts'
import type { Json } from './json.ts'
import type { Sudo, Transport } from './transport.ts'

/** A check as data. */
export interface CheckSpec {
  /** Type of a component of kind `check`. */
  readonly type: string
  readonly params: Json
}

/** From where a check looks. */
export interface CheckPlace {
  /** The host that is looked at; this machine for checks `from: here`. */
  readonly transport: Transport
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly sudo?: Sudo
}

/** What a check found. `unknown` is an answer that could not be had, never a pass. */
export interface CheckResult {
  readonly verdict: Verdict
  /** What was found, lower case: `nginx is not running`. */
  readonly message: string
  readonly metrics?: Readonly<Record<string, number>>
}

/** Looks and judges. Trouble of the host is a verdict `unknown`, not a throw. */
export interface Check {
  /** One line for people: `port 443 answers`. */
  readonly title: string
  run(place: CheckPlace): Promise<CheckResult>
}

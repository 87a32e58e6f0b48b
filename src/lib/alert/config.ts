import type { Alert, Channel } from '../core/alert.ts'
import { mutes as isMuting, type Mute } from './mute.ts'
import type { Route } from './route.ts'
import type { Runbook } from './runbook.ts'

/** A channel as the file calls it. */
export interface NamedChannel {
  readonly name: string
  readonly type: string
  readonly channel: Channel
}

/** Who is told of what, when and how. */
export interface AlertingConfig {
  readonly channels: ReadonlyMap<string, NamedChannel>
  readonly routes: readonly Route[]
  readonly mutes: readonly Mute[]
  readonly runbooks: readonly Runbook[]
}

/** Where nothing is configured, nobody is told of anything. */
export const noAlerting: AlertingConfig = { channels: new Map(), routes: [], mutes: [], runbooks: [] }

/** The name of the first window that holds an alert back at a moment of the clock on the wall; undefined when it may go. */
export const mutedBy = ({ mutes }: AlertingConfig, alert: Alert, now: number): string | undefined =>
  mutes.find(mute => isMuting(mute, { alert, now }))?.name

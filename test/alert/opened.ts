import type { AlertingOptions } from '../../src/lib/alert/alerting.ts'
import webhook from '../../src/lib/alert/channels/webhook.ts'
import { type Alerting, type AlertingConfig, openAlerting } from '../../src/lib/alert/index.ts'
import type { Route } from '../../src/lib/alert/route.ts'
import type { Alert, Channel } from '../../src/lib/core/alert.ts'
import type { LogLevel } from '../../src/lib/core/io.ts'
import { systemClock } from '../../src/lib/io/system-clock.ts'
import { acquireLock } from '../../src/lib/run/lock.ts'
import { SharedThings } from '../../src/lib/run/shared-things.ts'
import { seeded } from '../journal/seeded.ts'

export const firing = (incident: string, over: Partial<Alert> = {}): Alert => ({
  incident,
  status: 'firing',
  severity: 'critical',
  summary: `${incident}: 503 Service Unavailable, expected 200`,
  reason: 'status',
  labels: { service: 'shop', team: 'shop', env: 'prod' },
  startedAt: '2026-03-29T01:30:00.000Z',
  ...over,
})

export const resolved = (incident: string, over: Partial<Alert> = {}): Alert =>
  firing(incident, { status: 'resolved', endedAt: '2026-03-29T01:40:00.000Z', ...over })

export const route = (to: string | readonly string[], over: Partial<Route> = {}): Route => ({
  place: 'alerts.yaml:1:1',
  match: { labels: [] },
  to: [to].flat(),
  afterMs: 0,
  resolved: true,
  goesOn: false,
  routes: [],
  ...over,
})

export const webhookTo = (url: string): Channel => webhook.build({ url })

/** A configuration of these channels; all alerts go to all of them, where nothing else is said. */
export const configOf = (channels: Readonly<Record<string, Channel>>, over: Partial<AlertingConfig> = {}): AlertingConfig => ({
  channels: new Map(Object.entries(channels).map(([name, channel]) => [name, { name, type: 'webhook', channel }])),
  routes: [route(Object.keys(channels))],
  mutes: [],
  runbooks: [],
  ...over,
})

export interface Logged {
  readonly level: LogLevel
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

export interface Opened extends AsyncDisposable {
  readonly alerting: Alerting
  readonly logged: readonly Logged[]
}

/** Alerting as the patrol opens it. */
export async function opened(options: Pick<AlertingOptions, 'directory' | 'config'> & Partial<AlertingOptions>): Promise<Opened> {
  const clock = options.clock ?? systemClock
  const logged: Logged[] = []
  const shared = new SharedThings()
  const alerting = await openAlerting({
    clock,
    random: seeded(20_260_329),
    lock: path => acquireLock(path, { runId: 'run-1', command: 'probe serve', clock: systemClock }),
    log: (level, message, fields = {}) => void logged.push({ level, message, fields }),
    secret: async reference => {
      throw new Error(`there is no secret ${JSON.stringify(reference)}`)
    },
    shared,
    ...options,
  })
  return {
    alerting,
    logged,
    async [Symbol.asyncDispose]() {
      await alerting[Symbol.asyncDispose]()
      await shared[Symbol.asyncDispose]()
    },
  }
}

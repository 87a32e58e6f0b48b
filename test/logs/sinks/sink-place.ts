import { tmpdir } from 'node:os'
import type { SecretReference } from '../../../src/lib/core/check.ts'
import type { Clock } from '../../../src/lib/core/clock.ts'
import type { Json } from '../../../src/lib/core/json.ts'
import type { OpenSink, Parcel, Receipt, Sink, SinkPlace } from '../../../src/lib/core/sink.ts'
import { systemClock } from '../../../src/lib/io/system-clock.ts'
import { SharedThings } from '../../../src/lib/run/shared-things.ts'

interface PlaceWishes {
  readonly state?: Json | undefined
  readonly clock?: Clock
  readonly cwd?: string
  readonly secrets?: Readonly<Record<string, string>>
  readonly log?: SinkPlace['log']
  readonly stdout?: SinkPlace['stdout']
}

/** Where a sink is opened in a test. Secrets are those of the environment that is given. */
export function sinkPlace({
  state,
  clock = systemClock,
  cwd = tmpdir(),
  secrets = {},
  log,
  stdout,
}: PlaceWishes = {}): SinkPlace {
  return {
    name: 'archive',
    clock,
    random: () => 0.5,
    log: log ?? (() => {}),
    cwd,
    ...(state !== undefined && { state }),
    secret: async (reference: SecretReference) => ('env' in reference ? (secrets[reference.env] ?? '') : ''),
    shared: new SharedThings(),
    stdout: stdout ?? (async () => {}),
  }
}

export const parcel = (id: string, ...records: object[]): Parcel => ({
  id,
  count: records.length,
  records: Buffer.from(records.map(record => `${JSON.stringify(record)}\n`).join('')),
})

/** One attempt with a deadline of its own. */
export const send = (sink: OpenSink, parcels: readonly Parcel[], ms = 10_000): Promise<Receipt> =>
  sink.send(parcels, AbortSignal.timeout(ms))

export const built = (component: { build(config: Json): unknown }, config: Json): Sink => component.build(config) as Sink

import type { Component } from '../../../src/lib/core/component.ts'
import type { Json } from '../../../src/lib/core/json.ts'
import type { OpenSink, Parcel, SinkPlace } from '../../../src/lib/core/sink.ts'
import { systemClock } from '../../../src/lib/io/system-clock.ts'
import { SharedThings } from '../../../src/lib/run/shared-things.ts'
import { components } from '../../../src/registry.generated.ts'

export const secret = 'T0K3N/very-secret-4711'

/** What a sink of a test may use: every secret is the same text. */
export const sinkPlace = (over: Partial<SinkPlace> = {}): SinkPlace => ({
  name: 'out',
  clock: systemClock,
  random: () => 0.5,
  log: () => {},
  cwd: '/',
  secret: async () => secret,
  shared: new SharedThings(),
  stdout: async () => {},
  ...over,
})

/** A sink of the registry, with these parameters. */
export async function openSink(type: string, params: Json, over: Partial<SinkPlace> = {}): Promise<OpenSink> {
  const entry = components.find(each => each.kind === 'sink' && each.type === type)
  if (!entry) throw new Error(`there is no sink ${type}`)
  // Of the kind that its folder is for: the registry is checked when it is made.
  const component = (await entry.load()).default as Component<'sink'>
  return await component.build(params).open(sinkPlace(over))
}

let parcels = 0

/** Records as a parcel. */
export function parcelOf(records: readonly Json[], id = `5ee0000000000000000${parcels++}:0-100`): Parcel {
  const lines = records.map(record => `${JSON.stringify(record)}\n`).join('')
  return { id, records: Buffer.from(lines), count: records.length }
}

export const never = new AbortController().signal

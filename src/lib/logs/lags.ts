import { stat } from 'node:fs/promises'
import { type Clock, givingWay } from '../core/clock.ts'
import type { Pipeline } from './pipeline/pipeline.ts'
import type { Store } from './store/store.ts'

/** How far a sink is behind in a stream. */
export interface Lag {
  readonly source: string
  readonly stream: string
  readonly sink: string
  /** Delivered up to here. */
  readonly delivered: number
  /** Bytes that are there and not delivered; absent where the stream is no plain file of this machine. */
  readonly behindBytes?: number
}

interface LagsPlace {
  readonly store: Store
  readonly pipeline: Pick<Pipeline, 'sources' | 'sinks'>
  readonly clock: Clock
}

/** Streams that are looked at together. */
const pageSize = 200

/** How far every sink is behind in every stream. Others have their turn meanwhile. */
export async function* lags({ store, pipeline: { sources, sinks }, clock }: LagsPlace): AsyncGenerator<Lag> {
  const giveWay = givingWay(clock)
  for (const { name, type } of sources) {
    const mine = sinks.filter(({ sources: from }) => from?.includes(name) ?? true)
    for (let after = ''; ; ) {
      const streams = store.streamsFrom({ source: name, after, limit: pageSize })
      const sizes = await Promise.all(streams.map(stream => (type === 'file' ? sizeOf(stream) : undefined)))
      for (const [index, { id, title }] of streams.entries()) {
        const size = sizes[index]
        const places = store.places(id)
        for (const { name: sink } of mine) {
          const delivered = places.get(sink)?.delivered ?? 0
          const behindBytes = size === undefined ? {} : { behindBytes: Math.max(0, size - delivered) }
          yield { source: name, stream: title, sink, delivered, ...behindBytes }
        }
        await giveWay()
      }
      const last = streams.at(-1)
      if (last === undefined || streams.length < pageSize) break
      after = last.id
    }
  }
}

async function sizeOf({ title, endsAt }: { readonly title: string; readonly endsAt?: number }): Promise<number | undefined> {
  if (endsAt !== undefined) return endsAt
  try {
    return (await stat(title)).size
  } catch {
    // It is gone, or has another name by now.
    return undefined
  }
}

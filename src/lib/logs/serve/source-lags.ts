import type { Clock } from '../../core/clock.ts'
import { lags } from '../lags.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'
import type { Store } from '../store/store.ts'

/** How far a sink is behind in a source. */
export interface SourceLag {
  readonly source: string
  readonly sink: string
  streams: number
  /** In those streams of which it is known; absent where it is of none. */
  behindBytes?: number
}

/** All streams of a source together. */
export async function sourceLags(place: {
  readonly store: Store
  readonly pipeline: Pick<Pipeline, 'sources' | 'sinks'>
  readonly clock: Clock
}): Promise<readonly SourceLag[]> {
  const found = new Map<string, SourceLag>()
  for await (const { source, sink, behindBytes } of lags(place)) {
    const key = `${source} > ${sink}`
    const lag = found.get(key) ?? { source, sink, streams: 0 }
    found.set(key, lag)
    lag.streams++
    if (behindBytes !== undefined) lag.behindBytes = (lag.behindBytes ?? 0) + behindBytes
  }
  return [...found.values()]
}

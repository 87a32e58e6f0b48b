import { existsSync } from 'node:fs'
import type { Store } from '../store/store.ts'
import { Spool, type SpoolOptions } from './spool.ts'
import { joined, Waiting } from './waiting.ts'

/** So many chunks are counted together. */
const togetherAtMost = 1000

/**
 * The spool of a sink as the last process left it, if there is one. What it wrote and had no time to count is counted now; it may be read
 * again too, which nobody minds. @throws OpsError E_LOCKED, E_STATE
 */
export async function findSpool(options: SpoolOptions & { readonly store: Store }): Promise<Spool | undefined> {
  const { directory, store, sink } = options
  if (!existsSync(directory)) return undefined
  const spool = await Spool.open(options)
  try {
    await count(spool, { store, sink })
    return spool
  } catch (error) {
    await spool[Symbol.asyncDispose]()
    throw error
  }
}

async function count(spool: Spool, { store, sink }: { readonly store: Store; readonly sink: string }): Promise<void> {
  const { spoolNext = 1, spoolEnd = 1 } = store.sink(sink)
  if (spool.next < spoolEnd) {
    // The spool was taken away: what was in it is lost, which the first pause tells.
    store.commit({ sink, advances: [], spoolNext: spool.next, spoolEnd: spool.next })
    return
  }
  const safe = new Map([...store.placesOf(sink)].map(([stream, place]) => [stream, place.safe]))
  let uncounted: Waiting[] = []
  const commit = (end: number): void => {
    store.commit({ sink, advances: joined(uncounted.map(waiting => waiting.putBy())), spoolNext, spoolEnd: end })
    uncounted = []
  }
  for await (const entry of spool.read(spoolEnd)) {
    const { stream, to } = entry.head
    if (to <= (safe.get(stream) ?? 0)) continue
    safe.set(stream, to)
    uncounted.push(Waiting.ofEntry(entry, { records: new Uint8Array(), holds: 0 }))
    if (uncounted.length >= togetherAtMost) commit(entry.next)
  }
  commit(spool.next)
}

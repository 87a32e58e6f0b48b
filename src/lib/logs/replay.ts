import { join } from 'node:path'
import type { Context } from '../core/context.ts'
import { acquireLock } from '../run/lock.ts'
import { SharedThings } from '../run/shared-things.ts'
import type { DeadLetterFilter } from './delivery/dead-letter.ts'
import { DeadLetters, type StoredLetter } from './delivery/dead-letters.ts'
import { type OpenLane, openLane } from './open-lane.ts'
import type { Pipeline } from './pipeline/pipeline.ts'
import { Store } from './store/store.ts'

export interface Replay {
  readonly pipeline: Pipeline
  /** Where it keeps what it remembers. */
  readonly directory: string
  readonly filter: DeadLetterFilter
}

/** What became of dead letters that were tried once more. */
export interface Replayed {
  /** Sent again: those that were refused again are dead letters anew. */
  readonly tried: number
  /** Of sinks that the pipeline has no more, or cut because they were too long. */
  readonly left: number
}

const togetherAtMost = 500
const heldBytes = 8 * 1024 * 1024

/**
 * Sends dead letters to their sinks again; those that died before any sink, to all sinks of their source, as they are. The pipeline must not
 * run meanwhile. Ends early where the run is told to stop; what was not tried stays. @throws OpsError E_LOCKED, E_STATE, and those of sinks
 */
export async function replayDeadLetters(context: Context, { pipeline, directory, filter }: Replay): Promise<Replayed> {
  const { clock, log, runId, signal } = context
  const lock = (path: string) => acquireLock(path, { runId, command: 'ship-logs', clock })
  await using _lock = await lock(join(directory, 'lock'))
  using store = new Store(join(directory, 'state.db'))
  await using shared = new SharedThings()
  await using deadLetters = new DeadLetters({ directory: join(directory, 'dead'), clock, log, lock, signal })
  const ending = new AbortController()
  const end = (): void => ending.abort(signal.reason)
  signal.addEventListener('abort', end, { once: true })
  const lanes = new Map<string, OpenLane>()
  let [tried, left] = [0, 0]
  try {
    for (const sink of pipeline.sinks) {
      const place = { directory, store, shared, deadLetters, spool: pipeline.spool, maxHeldBytes: heldBytes }
      const signals = { stopping: signal, ending: ending.signal, onDelivered: () => {} }
      lanes.set(sink.name, await openLane(context, sink, { ...place, ...signals }))
    }
    // What is refused again becomes a letter behind those that are read.
    for await (const some of together(deadLetters.read(filter))) {
      const meant = some.filter(letter => lanesFor(letter, pipeline).length > 0)
      if (signal.aborted || !(await revive(meant, { pipeline, lanes }))) break
      await deadLetters.remove(meant.map(({ sequence }) => sequence))
      tried += meant.length
      left += some.length - meant.length
    }
    if (tried > 0) await deadLetters.tidy()
  } finally {
    signal.removeEventListener('abort', end)
    ending.abort()
    for (const { close } of lanes.values()) await close()
  }
  return { tried, left }
}

async function* together<T>(several: AsyncIterable<T>): AsyncGenerator<T[]> {
  let some: T[] = []
  for await (const each of several) {
    some.push(each)
    if (some.length < togetherAtMost) continue
    yield some
    some = []
  }
  if (some.length > 0) yield some
}

function lanesFor({ letter }: StoredLetter, { sinks }: Pipeline): string[] {
  if (letter.cutFrom !== undefined) return []
  const mine = sinks.filter(({ name, sources }) =>
    letter.sink === undefined ? (sources?.includes(letter.source) ?? true) : name === letter.sink,
  )
  return mine.map(({ name }) => name)
}

/** False where it was told to stop. */
async function revive(
  letters: readonly StoredLetter[],
  { pipeline, lanes }: { readonly pipeline: Pipeline; readonly lanes: ReadonlyMap<string, OpenLane> },
): Promise<boolean> {
  const done = await Promise.all(
    [...lanes].map(([name, { lane }]) =>
      lane.revive(letters.filter(letter => lanesFor(letter, pipeline).includes(name)).map(({ letter }) => letter)),
    ),
  )
  return done.every(each => each)
}

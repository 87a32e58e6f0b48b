import { join } from 'node:path'
import type { Context } from '../core/context.ts'
import type { OpenSink } from '../core/sink.ts'
import { readSecret } from '../fleet/index.ts'
import { acquireLock } from '../run/lock.ts'
import type { SharedThings } from '../run/shared-things.ts'
import type { DeadLetters } from './delivery/dead-letters.ts'
import { findSpool } from './delivery/find-spool.ts'
import { Lane } from './delivery/lane.ts'
import type { LaneOptions } from './delivery/lane-options.ts'
import { Spool } from './delivery/spool.ts'
import type { PipelineSink, SpoolLimits } from './pipeline/pipeline.ts'
import type { Store } from './store/store.ts'

export interface LanePlace extends Pick<LaneOptions, 'maxHeldBytes' | 'stopping' | 'ending' | 'onDelivered'> {
  /** Where the pipeline keeps what it remembers. */
  readonly directory: string
  readonly store: Store
  readonly shared: SharedThings
  readonly deadLetters: DeadLetters
  readonly spool: SpoolLimits
}

/** A lane, and the sink at its end. */
export interface OpenLane {
  readonly lane: Lane
  readonly definition: PipelineSink
  /** Closes both. */
  close(): Promise<void>
}

/** Opens a sink and the way to it, with what an earlier process put by for it. @throws OpsError */
export async function openLane(context: Context, definition: PipelineSink, place: LanePlace): Promise<OpenLane> {
  const { clock, random, log } = context
  const { name, sink } = definition
  const { store, spool, directory } = place
  const lock = (path: string) => acquireLock(path, { runId: context.runId, command: 'ship-logs', clock })
  const spoolOptions = { directory: join(directory, 'spool', name), sink: name, clock, log, lock, maxBytes: spool.maxBytes }
  const found = await findSpool({ ...spoolOptions, store })
  let opened: OpenSink
  try {
    opened = await openSink(context, definition, place)
    if (opened.state !== undefined) store.commit({ sink: name, advances: [], state: opened.state })
  } catch (error) {
    await found?.[Symbol.asyncDispose]()
    throw error
  }
  const lane = new Lane({
    ...{ name, sink: opened, limits: sink.limits, store, clock, random, log },
    maxHeldBytes: place.maxHeldBytes,
    spool: {
      found,
      make: () => Spool.open(spoolOptions),
      maxBytes: spool.maxBytes,
      dropsWhenFull: spool.whenFull === 'drop',
      collectGarbage: () => context.collectGarbage(),
    },
    deadLetters: place.deadLetters,
    stopping: place.stopping,
    ending: place.ending,
    onDelivered: place.onDelivered,
  })
  const close = async (): Promise<void> => {
    try {
      await lane.close()
    } finally {
      await opened[Symbol.asyncDispose]()
    }
  }
  return { lane, definition, close }
}

/** A sink as the last send left it. @throws OpsError when it can never work */
export function openSink(
  context: Context,
  { name, sink }: PipelineSink,
  { store, shared }: Pick<LanePlace, 'store' | 'shared'>,
): Promise<OpenSink> {
  const { clock, random, log, paths, io } = context
  const { state } = store.sink(name)
  return sink.open({
    ...{ name, clock, random, log, cwd: paths.cwd, shared },
    ...(state !== undefined && { state }),
    secret: readSecret.bind(undefined, context),
    stdout: bytes => io.stdout.write(bytes),
  })
}

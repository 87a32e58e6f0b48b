import { BackendError, type BackendTools, type Revision } from '../core/backend.ts'
import type { Context } from '../core/context.ts'
import { formatDuration } from '../core/duration.ts'
import { OpsError } from '../core/errors.ts'
import type { Json } from '../core/json.ts'
import { digestOf, digestsOf } from './digest.ts'
import type { SyncFile } from './file/sync-file.ts'
import { SealError } from './sealed-file.ts'
import { SnapshotFile } from './snapshot.ts'
import { stateDirectory } from './state-directory.ts'

/** The values that a run works with, and how it came by them. */
export interface Configuration extends Revision {
  /** Of all entries. */
  readonly digest: string
  /** For messages: `etcd at http://10.0.0.1:2379`. */
  readonly title: string
  /** Milliseconds; absent where the source itself answered. */
  readonly snapshotAgeMs?: number
}

interface Freshness {
  /** Over what the file says, milliseconds. */
  readonly maxStaleMs?: number | undefined
}

/**
 * What the source holds now. Where it can not be reached the last snapshot serves, unless it is too old, and that is said.
 * @throws OpsError E_UNREACHABLE without source and snapshot, E_AUTH when the source refuses the user, E_CONFIG for values that are not what they should be
 */
export async function readConfiguration(context: Context, sync: SyncFile, freshness: Freshness): Promise<Configuration> {
  const { backend, prefix } = sync.source
  try {
    const revision = await backend.read(prefix, toolsOf(context, sync))
    return await takeRevision(context, sync, revision)
  } catch (error) {
    if (!(error instanceof BackendError)) throw error
    if (error.reason !== 'unreachable') throw asOpsError(error, sync)
    return await fromSnapshot(context, { sync, trouble: error, freshness })
  }
}

/** Checks what a source told and keeps it as the snapshot. @throws OpsError E_CONFIG for a digest that is not the one the source supplied */
export async function takeRevision(context: Context, sync: SyncFile, revision: Revision): Promise<Configuration> {
  const { title } = sync.source.backend
  demandSupplied(revision, title)
  await snapshotOf(context, sync).save(revision, context.clock)
  return { ...revision, digest: digestOf(revision.entries), title }
}

/** What a backend gets of the run. */
export const toolsOf = ({ clock, random, log, signal }: Context, { directory }: SyncFile): BackendTools => ({
  ...{ clock, random, log, signal, directory },
})

type Told = Pick<Configuration, 'title' | 'revision' | 'digest'> & { readonly snapshotAgeMs?: number | undefined }

/** How a run came by its values, for its report. */
export function sourceData({ title, revision, digest, snapshotAgeMs }: Told): Json {
  return { title, revision, digest, ...(snapshotAgeMs !== undefined && { snapshotAgeMs }) }
}

export function asOpsError(error: BackendError, { source }: SyncFile): OpsError {
  const code = { unreachable: 'E_UNREACHABLE', refused: 'E_AUTH', invalid: 'E_CONFIG' } as const
  return new OpsError(code[error.reason], error.message, { cause: error, hint: `the source is ${source.backend.title}` })
}

function demandSupplied({ entries, supplied }: Revision, title: string): void {
  if (!supplied) return
  const digests = digestsOf(entries)
  for (const [key, expected] of supplied) {
    const found = digests.get(key)
    if (found === expected) continue
    const problem = found === undefined ? `${key} is missing` : `${key} has the SHA-256 ${found}, not ${expected}`
    throw new OpsError('E_CONFIG', `${title} does not hold what it says it holds: ${problem}`, {
      hint: 'nothing was applied: mend the value, or its digest, at the source',
    })
  }
  for (const key of digests.keys()) {
    if (supplied.has(key)) continue
    throw new OpsError('E_CONFIG', `${title} does not hold what it says it holds: it has no digest of ${key}`, {
      hint: 'nothing was applied: add the digest at the source, or take the value away',
    })
  }
}

const snapshotOf = (context: Context, sync: SyncFile): SnapshotFile => {
  const { type, params, prefix } = sync.source
  const source = JSON.stringify([type, params, prefix])
  return new SnapshotFile({ directory: stateDirectory(context, sync), source })
}

async function fromSnapshot(
  context: Context,
  { sync, trouble, freshness }: { readonly sync: SyncFile; readonly trouble: BackendError; readonly freshness: Freshness },
): Promise<Configuration> {
  const { title } = sync.source.backend
  const file = snapshotOf(context, sync)
  const snapshot = await file.load().catch(error => {
    if (!(error instanceof SealError)) throw error
    throw new OpsError('E_UNREACHABLE', `${trouble.message}; and the snapshot ${file.path} is of no use: ${error.message}`, {
      cause: trouble,
      hint: 'nothing was applied; remove the snapshot and wait for the source',
    })
  })
  if (!snapshot) {
    throw new OpsError('E_UNREACHABLE', `${trouble.message}; and there is no snapshot of ${title} yet`, { cause: trouble })
  }
  const snapshotAgeMs = Math.max(0, context.clock.now() - snapshot.takenAt)
  const limitMs = freshness.maxStaleMs ?? sync.source.maxStaleMs
  const age = formatDuration(snapshotAgeMs)
  if (limitMs !== undefined && snapshotAgeMs > limitMs) {
    throw new OpsError(
      'E_UNREACHABLE',
      `${trouble.message}; and the snapshot of it is ${age} old, more than ${formatDuration(limitMs)}`,
      {
        cause: trouble,
        hint: 'wait for the source, or allow an older one with --max-stale',
      },
    )
  }
  context.log('warn', `${title} can not be reached: its snapshot of ${age} ago serves`, {
    error: trouble.message,
    revision: snapshot.revision,
  })
  return { ...snapshot, digest: digestOf(snapshot.entries), title, snapshotAgeMs }
}

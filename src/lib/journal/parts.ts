import type { Clock } from '../core/clock.ts'
import { Cursors } from './cursors.ts'
import type { JournalDisk } from './disk.ts'
import { GroupCommit } from './group-commit.ts'
import type { JournalOptions } from './options.ts'
import { RecordBuffer } from './record-buffer.ts'
import { type Recovery, recover } from './recover.ts'
import { SegmentChain } from './segment-chain.ts'
import { segmentHeaderBytes } from './segment-header.ts'
import { listNames } from './segment-list.ts'
import { SegmentWriter } from './segment-writer.ts'

/** What an open journal is made of. */
export interface JournalParts {
  readonly disk: JournalDisk
  readonly clock: Clock
  readonly lock: AsyncDisposable
  readonly policy: 'always' | 'never' | { readonly everyMs: number }
  readonly bufferBytes: number
  readonly onError: (error: unknown) => void
  readonly buffer: RecordBuffer
  readonly chain: SegmentChain
  readonly commit: GroupCommit
  readonly cursors: Cursors
}

/** One write; large enough that its cost does not count, small enough that a sync does not wait for it. */
const maxBatchBytes = 1024 * 1024

/** Recovers the journal and opens it for writing; the lock is held. */
export async function openParts(open: {
  readonly directory: string
  readonly disk: JournalDisk
  readonly options: JournalOptions
  readonly lock: AsyncDisposable
}): Promise<{ parts: JournalParts; recovery: Recovery; next: number }> {
  const { directory, disk, options, lock } = open
  const { clock, fsync: policy = 'always', segmentBytes = 8 * 1024 * 1024, preallocateBytes: reserveBytes = 0 } = options
  // Looked at once: whoever holds the lock is the only one who changes them.
  const names = await listNames(disk, directory)
  const { recovery, salt, next, tail } = await recover(disk, directory, names)
  const buffer = new RecordBuffer({ salt, chunkBytes: Math.min(maxBatchBytes, segmentBytes - segmentHeaderBytes) })
  const current = tail && (await SegmentWriter.resume(disk, tail))
  const chain = new SegmentChain({ disk, directory, salt, segmentBytes, reserveBytes }, current)
  try {
    if (reserveBytes > 0) await chain.prepare(next)
    const cursors = await Cursors.open({ disk, directory, names, syncs: policy !== 'never' }, next)
    const onError = options.onError ?? ((): void => {})
    const onPoint = options.onPoint ?? ((): void => {})
    const commit = new GroupCommit({ buffer, chain, last: next - 1, syncsAlways: policy === 'always', onPoint, onError })
    const bufferBytes = options.bufferBytes ?? 16 * 1024 * 1024
    return { parts: { disk, clock, lock, policy, bufferBytes, onError, buffer, chain, commit, cursors }, recovery, next }
  } catch (error) {
    await chain[Symbol.asyncDispose]()
    throw error
  }
}

import type { JournalDisk } from './disk.ts'
import { type KnownSegments, listSegments } from './segment-list.ts'
import { stateError } from './state-error.ts'

/** What to keep of records that all consumers are done with. A segment goes when any stated limit says so; with none, all go. */
export interface Retention {
  /** The newest segments, the current one included. */
  readonly keepSegments?: number
  /** Bytes of all segments together. */
  readonly keepBytes?: number
  /** Segments whose last record is younger. */
  readonly keepMs?: number
}

export interface Pruned {
  readonly segments: number
  readonly bytes: number
}

/**
 * Removes old segments, oldest first, so that what is left has no gap: never the current one, and none with a record that a cursor
 * has not passed.
 */
export async function pruneSegments(prune: {
  readonly disk: JournalDisk
  readonly directory: string
  readonly retention: Retention
  /** The lowest cursor; Infinity without any. */
  readonly consumed: number
  readonly nowMs: number
  /** See KnownSegments. */
  readonly current: KnownSegments['current']
}): Promise<Pruned> {
  const { disk, directory, retention, consumed, nowMs, current } = prune
  try {
    const segments = await listSegments(disk, directory, { current })
    const sizes = await Promise.all(segments.map(segment => disk.stat(segment.path)))
    let kept = { segments: segments.length, bytes: sizes.reduce((sum, size) => sum + size.bytes, 0) }
    let removed: Pruned = { segments: 0, bytes: 0 }
    for (const [index, { path, end }] of segments.entries()) {
      const size = sizes[index]
      if (end === undefined || end > consumed || !size) break
      if (!isOverdue({ kept, ageMs: nowMs - size.modifiedMs, retention })) break
      await disk.remove(path)
      kept = { segments: kept.segments - 1, bytes: kept.bytes - size.bytes }
      removed = { segments: removed.segments + 1, bytes: removed.bytes + size.bytes }
    }
    if (removed.segments > 0) await disk.syncDirectory(directory)
    return removed
  } catch (error) {
    throw stateError({ doing: 'prune', path: directory, error })
  }
}

function isOverdue(state: { readonly kept: Pruned; readonly ageMs: number; readonly retention: Retention }): boolean {
  const { kept, ageMs, retention } = state
  const { keepSegments, keepBytes, keepMs } = retention
  if (keepSegments === undefined && keepBytes === undefined && keepMs === undefined) return true
  return (
    (keepSegments !== undefined && kept.segments > keepSegments) ||
    (keepBytes !== undefined && kept.bytes > keepBytes) ||
    (keepMs !== undefined && ageMs > keepMs)
  )
}

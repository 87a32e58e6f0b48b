import type { Clock } from '../core/clock.ts'
import type { JournalDisk } from './disk.ts'
import type { JournalPoint } from './group-commit.ts'

export interface JournalOptions {
  readonly clock: Clock
  /** Takes the lock of the only writer at a path in the directory: `path => acquireLock(path, { runId, command, clock })`. */
  readonly lock: (path: string) => Promise<AsyncDisposable>
  /**
   * When records become durable besides by `sync()`: 'always', after each write (default); every so many milliseconds at the latest;
   * or 'never', which leaves it to the kernel, and cursors, the names of files and the close as well.
   */
  readonly fsync?: 'always' | 'never' | { readonly everyMs: number }
  /** Size at which a new segment is begun; 8 MiB by default. */
  readonly segmentBytes?: number
  /** Records that may wait in memory; 16 MiB by default. */
  readonly bufferBytes?: number
  /** Space reserved on disk, so that so many bytes of records can still be written when it is full; 0 by default. Opening fails without. */
  readonly preallocateBytes?: number
  /** A write or sync that failed while nobody waited for it. What it was to write stays in memory and is tried again. */
  readonly onError?: (error: unknown) => void
  /** Called at the named moments: fault injection. */
  readonly onPoint?: (point: JournalPoint) => void
  readonly disk?: JournalDisk
}

import { OpsError } from '../core/errors.ts'
import type { JournalDisk } from './disk.ts'
import type { JournalRecord } from './frame.ts'
import { listSegments, readHeader, type Segment } from './segment-list.ts'
import { LentBuffer, SegmentScan } from './segment-scan.ts'
import { SegmentWalk } from './segment-walk.ts'
import { type Damage, damageError, stateError } from './state-error.ts'

export interface ReadOptions {
  /** The first sequence wanted; from the oldest kept record by default, and where it is older than that. */
  readonly from?: number
  /** Reads on behind damage and tells of each gap here, instead of failing at the first. */
  readonly salvage?: (damage: Damage) => void
  /** A payload is good until the next record is asked for: its memory is used again. */
  readonly borrows?: boolean
}

/**
 * The records of a journal in order, up to the last whole one there is now. Also while another process writes.
 * @throws OpsError E_STATE with path, offset and sequence where a record that had been on disk is damaged
 */
export async function* readRecords(
  disk: JournalDisk,
  directory: string,
  options: ReadOptions = {},
): AsyncGenerator<JournalRecord> {
  const from = options.from ?? 0
  try {
    const segments = await listSegments(disk, directory)
    const first = Math.max(
      0,
      segments.findLastIndex(segment => segment.base <= from),
    )
    // What lies before may be removed at any moment.
    const { salt, saltedBy } = await saltOf(disk, [...segments.slice(first), ...segments.slice(0, first)])
    const lent = options.borrows ? new LentBuffer() : undefined
    for (const segment of segments.slice(first)) {
      if (!options.salvage && segment !== saltedBy) await readHeader(disk, segment)
      yield* readSegment({ disk, segment, salt, from, salvage: options.salvage, lent })
    }
  } catch (error) {
    throw stateError({ doing: 'read', path: directory, error })
  }
}

async function* readSegment(read: {
  readonly disk: JournalDisk
  readonly segment: Segment
  readonly salt: number
  readonly from: number
  readonly salvage: ((damage: Damage) => void) | undefined
  readonly lent: LentBuffer | undefined
}): AsyncGenerator<JournalRecord> {
  const { segment, from, salvage } = read
  const file = await read.disk.open(segment.path, 'read')
  try {
    const walk = new SegmentWalk(new SegmentScan(file, read.salt, read.lent), segment.base)
    for (;;) {
      const found = walk.next()
      const frame = found instanceof Promise ? await found : found
      if (frame) {
        if (frame.sequence >= from) yield frame
        continue
      }
      const tail = await walk.tail(segment.end)
      if (tail.kind === 'grown') continue
      if (tail.kind !== 'damaged') return
      const damage = { path: segment.path, offset: walk.offset, sequence: walk.expected }
      if (!salvage) throw damageError(damage)
      salvage(damage)
      if (!tail.resume) return
      walk.resume(tail.resume)
    }
  } finally {
    await file.close()
  }
}

/** All segments share it, so that one valid header is enough to salvage the others. With the segment whose header that is. */
async function saltOf(
  disk: JournalDisk,
  segments: readonly Segment[],
): Promise<{ readonly salt: number; readonly saltedBy?: Segment }> {
  let failure: unknown
  for (const segment of segments) {
    try {
      return { salt: (await readHeader(disk, segment)).salt, saltedBy: segment }
    } catch (error) {
      if (!(error instanceof OpsError)) throw error
      failure = error
    }
  }
  if (failure !== undefined) throw failure
  return { salt: 0 }
}

import { readCursors } from './cursor.ts'
import type { JournalDisk } from './disk.ts'
import type { JournalRecord } from './frame.ts'
import { type ReadOptions, readRecords } from './read.ts'
import { listSegments, readHeader, type Segment } from './segment-list.ts'
import { SegmentScan } from './segment-scan.ts'
import { SegmentWalk } from './segment-walk.ts'
import { type Damage, stateError } from './state-error.ts'

/** A journal as it stands on disk, looked at without writing or locking, also while another process writes. */
export interface JournalInspection {
  readonly segments: readonly { readonly path: string; readonly base: number; readonly bytes: number }[]
  readonly bytes: number
  /** The sequence of the oldest record, and the one that the next will get. */
  readonly first: number
  readonly next: number
  /** By name: the next record that each consumer wants. */
  readonly cursors: ReadonlyMap<string, number>
  /** Behind the last whole record: of a write under way, or of one that was cut short. */
  readonly tornBytes: number
  /** In the last segment; reading finds that in others. */
  readonly damage?: Damage
  read(options?: ReadOptions): AsyncGenerator<JournalRecord>
}

/** @throws OpsError E_STATE */
export async function inspectJournal(disk: JournalDisk, directory: string): Promise<JournalInspection> {
  try {
    const segments = await listSegments(disk, directory)
    const sized = await Promise.all(
      segments.map(async ({ path, base }) => ({ path, base, bytes: (await disk.stat(path)).bytes })),
    )
    const last = segments.at(-1)
    return {
      segments: sized,
      bytes: sized.reduce((sum, segment) => sum + segment.bytes, 0),
      first: segments[0]?.base ?? 1,
      ...(last ? await inspectLast(disk, last) : { next: 1, tornBytes: 0 }),
      cursors: await readCursors(disk, directory),
      read: options => readRecords(disk, directory, options),
    }
  } catch (error) {
    throw stateError({ doing: 'inspect', path: directory, error })
  }
}

async function inspectLast(
  disk: JournalDisk,
  segment: Segment,
): Promise<Pick<JournalInspection, 'next' | 'tornBytes' | 'damage'>> {
  const { salt, base } = await readHeader(disk, segment)
  const file = await disk.open(segment.path, 'read')
  try {
    const walk = new SegmentWalk(new SegmentScan(file, salt), base)
    const tail = await walk.toTail()
    const damage = { path: segment.path, offset: walk.offset, sequence: walk.expected }
    if (tail.kind === 'damaged') return { next: await walk.skipDamage(tail), tornBytes: 0, damage }
    return { next: walk.expected, tornBytes: tail.kind === 'torn' ? tail.bytes : 0 }
  } finally {
    await file.close()
  }
}

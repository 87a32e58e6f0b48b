import { join } from 'node:path'
import { errnoOf } from '../core/errno.ts'
import { OpsError } from '../core/errors.ts'
import type { JournalDisk } from './disk.ts'
import { baseOfName, decodeSegmentHeader, type SegmentHeader, segmentHeaderBytes, segmentName } from './segment-header.ts'
import { SegmentScan } from './segment-scan.ts'
import { SegmentWalk } from './segment-walk.ts'

export interface Segment {
  readonly path: string
  /** Sequence of its first record. */
  readonly base: number
  /**
   * Sequence after its last record, where a later segment proves that it is whole; undefined in the last one, and in the one before
   * it while that holds nothing yet: the crash may have come between its creation and the last sync of its predecessor.
   */
  readonly end: number | undefined
}

export interface KnownSegments {
  /** The names in the directory. */
  readonly names?: readonly string[]
  /** The segment that is being written: whether it is empty need not be read out of it. */
  readonly current?: { readonly base: number; readonly isEmpty: boolean } | undefined
}

/** The segments of a journal, oldest first; none where the directory does not exist. */
export async function listSegments(disk: JournalDisk, directory: string, known: KnownSegments = {}): Promise<Segment[]> {
  const names = known.names ?? (await listNames(disk, directory))
  const bases = names.flatMap(name => baseOfName(name) ?? []).sort((a, b) => a - b)
  const segments = bases.map((base, index) => ({ path: join(directory, segmentName(base)), base, end: bases[index + 1] }))
  const [last, previous] = [segments.at(-1), segments.at(-2)]
  const current = known.current?.base === last?.base ? known.current : undefined
  if (last && previous && (current ? current.isEmpty : await isEmpty(disk, last))) {
    segments.splice(-2, 1, { ...previous, end: undefined })
  }
  return segments
}

export async function listNames(disk: JournalDisk, directory: string): Promise<readonly string[]> {
  try {
    return await disk.list(directory)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
}

/** Reads and checks the header of a segment. @throws OpsError E_STATE */
export async function readHeader(disk: JournalDisk, { path }: { readonly path: string }): Promise<SegmentHeader> {
  const file = await disk.open(path, 'read')
  try {
    const buffer = Buffer.alloc(segmentHeaderBytes)
    const read = await file.read(buffer, 0)
    return decodeSegmentHeader(path, buffer.subarray(0, read))
  } finally {
    await file.close()
  }
}

async function isEmpty(disk: JournalDisk, segment: Segment): Promise<boolean> {
  const header = await readHeader(disk, segment).catch(asDamage)
  if (header === undefined) return false
  const { salt, base } = header
  const file = await disk.open(segment.path, 'read')
  try {
    const walk = new SegmentWalk(new SegmentScan(file, salt), base)
    return (await walk.next()) === undefined && (await walk.tail(undefined)).kind === 'end'
  } finally {
    await file.close()
  }
}

function asDamage(error: unknown): undefined {
  if (!(error instanceof OpsError)) throw error
  return undefined
}

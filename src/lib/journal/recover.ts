import { join } from 'node:path'
import { randomHex } from '../core/random-hex.ts'
import type { JournalDisk } from './disk.ts'
import { listSegments, readHeader, type Segment } from './segment-list.ts'
import { SegmentScan } from './segment-scan.ts'
import { SegmentWalk } from './segment-walk.ts'
import type { Damage } from './state-error.ts'

/** What opening a journal found and mended. */
export interface Recovery {
  /** Bytes of a torn tail that were cut off: records that no sync had acknowledged. Zeros do not count. */
  readonly lostBytes: number
  /** Damage in the last segment; its later records can be read by a salvage read, and new ones go to a new segment. */
  readonly damage?: Damage
}

export interface Recovered {
  readonly recovery: Recovery
  readonly salt: number
  /** The sequence of the next record. */
  readonly next: number
  /** The segment that can be appended to, and where; undefined where a new one has to be made. */
  readonly tail: { readonly path: string; readonly base: number; readonly offset: number } | undefined
}

/** Brings a journal that no one writes to into a state that can be appended to, given the names in it: removes what is half made, cuts a torn tail off. */
export async function recover(disk: JournalDisk, directory: string, found: readonly string[]): Promise<Recovered> {
  const names = await withoutHalfMade(disk, directory, found)
  // A former writer may have been killed between the naming of a file and the sync of its name.
  await disk.syncDirectory(directory)
  const segments = await listSegments(disk, directory, { names })
  const [last, previous] = [segments.at(-1), segments.at(-2)]
  if (last === undefined) return { recovery: { lostBytes: 0 }, salt: Number.parseInt(randomHex(4), 16), next: 1, tail: undefined }
  // An empty last segment: what its predecessor lost decides whether it starts at the right number.
  if (previous && previous.end === undefined) {
    const recovered = await recoverSegment(disk, previous)
    if (recovered.next < last.base && !recovered.recovery.damage) {
      await disk.remove(last.path)
      await disk.syncDirectory(directory)
      return recovered
    }
    return { ...(await recoverSegment(disk, last)), recovery: recovered.recovery }
  }
  return recoverSegment(disk, last)
}

const isHalfMade = (name: string): boolean => name.endsWith('.segment.new') || name.endsWith('.cursor.new')

/** The names that stay, once what is half made is gone. */
async function withoutHalfMade(disk: JournalDisk, directory: string, names: readonly string[]): Promise<readonly string[]> {
  for (const name of names) if (isHalfMade(name)) await disk.remove(join(directory, name))
  return names.filter(name => !isHalfMade(name))
}

async function recoverSegment(disk: JournalDisk, segment: Segment): Promise<Recovered> {
  const { salt } = await readHeader(disk, segment)
  const { bytes } = await disk.stat(segment.path)
  const file = await disk.open(segment.path, 'update')
  try {
    const walk = new SegmentWalk(new SegmentScan(file, salt), segment.base)
    const tail = await walk.toTail()
    // What the former writer had no time to sync is read from now on, and must not vanish any more.
    await file.sync()
    if (tail.kind === 'damaged') {
      const damage = { path: segment.path, offset: walk.offset, sequence: walk.expected }
      return { recovery: { lostBytes: 0, damage }, salt, next: await walk.skipDamage(tail), tail: undefined }
    }
    if (bytes > walk.offset) {
      // Also for mere zeros, so that nothing can ever stand behind the new end but what is written there.
      await file.truncate(walk.offset)
      await file.sync()
    }
    const recovery = { lostBytes: tail.kind === 'torn' ? tail.bytes : 0 }
    return { recovery, salt, next: walk.expected, tail: { path: segment.path, base: segment.base, offset: walk.offset } }
  } finally {
    await file.close()
  }
}

import { basename, dirname } from 'node:path'
import { bytesBefore, type FileLook } from './file-look.ts'
import { hasPrefix } from './identity.ts'
import type { Tail } from './tail.ts'

/** Bytes at its end that a copy must share with what it is a copy of. */
const comparedBytes = 4096

/** Files that are read and begin as another one of that directory does, whose name is in theirs: it may be a copy of theirs. */
export function* likenesses(look: FileLook, tails: Iterable<Tail>): Iterable<Tail> {
  for (const tail of tails) {
    const { path, bytes } = tail.identity
    if (bytes === 0 || tail.key === look.key || dirname(path) !== dirname(look.path)) continue
    if (!basename(look.path).includes(basename(path).replace(/\..*$/, ''))) continue
    // The copy may be under way, and shorter than what is known of its original.
    if (hasPrefix(tail.identity, look.head)) yield tail
  }
}

/** Whether all that is in a file is, as far as its end shows, at the same place of one that is read, which is open. */
export async function isCopy(look: FileLook, tail: Tail): Promise<boolean> {
  if (look.compression !== undefined || tail.compression !== undefined) return true
  const end = await bytesBefore(look.path, { at: look.size, length: comparedBytes }).catch(() => new Uint8Array())
  const same = await tail.peek(look.size - end.length, end.length)
  return end.length > 0 && Buffer.compare(end, same) === 0
}

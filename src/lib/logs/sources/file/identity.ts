import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { Json } from '../../../core/json.ts'

/** Which file a stream is, as it is remembered. */
export interface FileIdentity {
  /** Where it was last. */
  readonly path: string
  readonly dev: string
  readonly ino: string
  /** When the inode was made, in nanoseconds since 1970, where the file system knows it: an inode that is used again is another file. */
  readonly born?: string
  /** How many bytes it begins with are known, out of their compression, and their hash. */
  readonly bytes: number
  readonly hash: string
  /** What lies before was there already when nothing was to be read but what is new. */
  readonly start?: number
  /** A compressed file of so many bytes was read to its end, which is at this place of what is in it. */
  readonly done?: { readonly size: number; readonly at: number }
}

/** As much of a file as its prefix may be. */
export const prefixBytes = 1024

/** Bytes before a place that tell whether it is still the same file. */
export const overlapBytes = 64

export const prefixOf = (head: Uint8Array): Pick<FileIdentity, 'bytes' | 'hash'> => ({
  bytes: Math.min(head.length, prefixBytes),
  hash: hashOf(head.subarray(0, prefixBytes)),
})

export const hasPrefix = ({ bytes, hash }: Pick<FileIdentity, 'bytes' | 'hash'>, head: Uint8Array): boolean =>
  head.length >= bytes && hashOf(head.subarray(0, bytes)) === hash

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex').slice(0, 32)

/** Of the last bytes before a place. */
export const tokenOf = (before: Uint8Array): number => crc32(before)

/** An identity as JSON that an older version or somebody else may have written. */
export function readIdentity(json: Json): FileIdentity | undefined {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return undefined
  const { path, dev, ino, born, bytes, hash, start, done } = json as Readonly<Record<string, Json>>
  if (typeof path !== 'string' || typeof dev !== 'string' || typeof ino !== 'string') return undefined
  if (typeof bytes !== 'number' || typeof hash !== 'string') return undefined
  return {
    ...{ path, dev, ino, bytes, hash },
    ...(typeof born === 'string' && { born }),
    ...(typeof start === 'number' && { start }),
    ...(isDone(done) && { done }),
  }
}

function isDone(json: Json | undefined): json is { readonly size: number; readonly at: number } {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return false
  const { size, at } = json as Readonly<Record<string, Json>>
  return typeof size === 'number' && typeof at === 'number'
}

export const identityJson = (identity: FileIdentity): Json => ({ ...identity })

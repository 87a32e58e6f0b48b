import { type BigIntStats, constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { type ByteSource, peek } from '../byte-source.ts'
import { compressionOf, demandReadable, uncompressed } from '../plain-source.ts'
import { prefixBytes } from './identity.ts'

/** What the system says of a file. */
export interface FileFacts {
  /** The same for every name of the file as long as it exists. */
  readonly key: string
  readonly dev: string
  readonly ino: string
  readonly born?: string
  readonly size: number
  readonly mtimeMs: number
}

export function factsOf({ dev, ino, birthtimeNs, size, mtimeMs }: BigIntStats): FileFacts {
  return {
    ...{ key: `${dev}:${ino}`, dev: String(dev), ino: String(ino), size: Number(size), mtimeMs: Number(mtimeMs) },
    ...(birthtimeNs > 0n && { born: String(birthtimeNs) }),
  }
}

/** A file and how it begins. */
export interface FileLook extends FileFacts {
  readonly path: string
  readonly compression?: 'gzip' | 'zstd'
  /** Out of its compression. */
  readonly head: Uint8Array
}

/** @throws the system's error; one without a code where it is no regular file, or nothing that is read here */
export async function lookAt(path: string): Promise<FileLook> {
  await using handle = await openAtOnce(path)
  const stat = await handle.stat({ bigint: true })
  if (!stat.isFile()) throw new Error('it is no file')
  const raw = new Uint8Array(prefixBytes)
  const { bytesRead } = await handle.read(raw, 0, raw.length, 0)
  const begin = raw.subarray(0, bytesRead)
  demandReadable(begin)
  const compression = compressionOf(begin)
  const head = compression === undefined ? begin : await inflatedHead(handle, compression)
  return { ...factsOf(stat), path, head, ...(compression && { compression }) }
}

/** What stands before a place of a file. @throws the system's error */
export async function bytesBefore(
  path: string,
  { at, length }: { readonly at: number; readonly length: number },
): Promise<Uint8Array> {
  await using handle = await openAtOnce(path)
  const bytes = new Uint8Array(Math.min(at, length))
  const { bytesRead } = await handle.read(bytes, 0, bytes.length, at - bytes.length)
  return bytes.subarray(0, bytesRead)
}

/** Where the last line that is whole ends now, looking back at most a megabyte. */
export async function lastLineEnd({ path, size }: FileLook): Promise<number> {
  const end = await bytesBefore(path, { at: size, length: 1024 * 1024 })
  return size - end.length + end.lastIndexOf(10) + 1
}

/** To read, and without waiting: what was a file a moment ago may be a pipe now. */
export const openAtOnce = (path: string): Promise<FileHandle> => open(path, constants.O_RDONLY | constants.O_NONBLOCK)

async function inflatedHead(handle: FileHandle, compression: 'gzip' | 'zstd'): Promise<Uint8Array> {
  try {
    await using plain = uncompressed(bytesOf(handle), compression)
    return (await peek(plain, prefixBytes)).begin
  } catch {
    // Cut short, or still being written: whoever reads it tells.
    return new Uint8Array()
  }
}

/** From its beginning. Closing it leaves the handle open. */
export function bytesOf(handle: FileHandle): ByteSource {
  let position = 0
  return {
    async read(into) {
      const { bytesRead } = await handle.read(into, 0, into.length, position)
      position += bytesRead
      return bytesRead
    },
    [Symbol.asyncDispose]: async () => {},
  }
}

import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { resolve } from 'node:path'
import { errnoOf } from '../../core/errno.ts'

/** Contents of a file that a change names as `source`. @throws SourceError */
export type ReadSource = (path: string) => Promise<Uint8Array>

/** Why a local file could not be read; the message goes after its name. */
export class SourceError extends Error {
  override readonly name = 'SourceError'
}

/** The contents travel in the journal with the plan: a file of any size would fill the state directory. */
const maxBytes = 16 * 1024 * 1024

/** Reads local files below, or relative to, the directory of the change file. */
export function sourceReader({ directory, signal }: { readonly directory: string; readonly signal: AbortSignal }): ReadSource {
  return async path => {
    try {
      return await readRegularFile(resolve(directory, path), signal)
    } catch (cause) {
      const errno = errnoOf(cause)
      if (cause instanceof SourceError || errno === undefined || signal.aborted) throw cause
      throw new SourceError(reasons[errno] ?? `can not be read: ${errno}`, { cause })
    }
  }
}

/** Without O_NONBLOCK, opening a named pipe would wait for a writer. */
async function readRegularFile(path: string, signal: AbortSignal): Promise<Uint8Array> {
  await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const found = await file.stat()
  if (!found.isFile()) throw new SourceError(found.isDirectory() ? 'is a directory' : 'is not a regular file')
  if (found.size > maxBytes) throw new SourceError(`is larger than the ${maxBytes / 1024 ** 2} MiB that a step can carry`)
  return await file.readFile({ signal })
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'does not exist',
  EACCES: 'may not be read by this user',
}

import { access, constants, type FileHandle, lstat, open, readlink, rename, stat, unlink } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { errnoOf } from '../core/errno.ts'
import { randomHex } from '../core/random-hex.ts'
import { cannotWrite } from './cannot-write.ts'
import { writeAll } from './write-all.ts'

export type FileContent = string | Uint8Array | AsyncIterable<string | Uint8Array>

export interface AtomicWriteOptions {
  /** Permission bits of the new file, exactly, whatever the umask; 0o644 by default. */
  readonly mode?: number
  /** Also survive a power cut once this returns; true by default. */
  readonly fsync?: boolean
  /** E_OUTPUT for what a user asked for (default), E_STATE for opsctl's own files. */
  readonly code?: 'E_OUTPUT' | 'E_STATE'
}

/**
 * Writes a file so that a reader, or a crash at any moment, sees either the old content or the new. The content goes to a temporary
 * name in the same directory, which has the final mode before its first byte and is removed when anything fails.
 *
 * A symbolic link at the destination is followed, as redirection by a shell would: its target is replaced and the link stays. What
 * is not a regular file (/dev/stdout, /dev/null, a FIFO) can not be replaced and is written to directly.
 *
 * @throws OpsError E_OUTPUT with the path for every failure of the file system; an error of the content itself passes unchanged.
 */
export async function writeFileAtomic(path: string, content: FileContent, options: AtomicWriteOptions = {}): Promise<void> {
  const files: Files = async work => {
    try {
      return await work
    } catch (error) {
      throw cannotWrite({ path, error, code: options.code ?? 'E_OUTPUT' })
    }
  }
  const target = await files(replaceable(path))
  if (target === undefined) return writeDirectly({ path, content, files })
  const temporary = join(dirname(target), `.${basename(target)}.${randomHex(6)}.tmp`)
  try {
    await writeTemporary({ temporary, content, options, files })
    await files(rename(temporary, target))
  } catch (error) {
    await unlink(temporary).catch(() => {})
    throw error
  }
  if (options.fsync !== false) await files(syncDirectory(dirname(target)))
}

/** Whether a file could be written there, as far as can be told without doing it. @throws OpsError E_OUTPUT */
export async function checkWritable(path: string): Promise<void> {
  try {
    const target = await replaceable(path)
    await access(target === undefined ? path : dirname(target), constants.W_OK)
  } catch (error) {
    throw cannotWrite({ path, error })
  }
}

/** Awaits work of the file system and tells its failure with the path the caller asked for. */
type Files = <T>(work: Promise<T>) => Promise<T>

/** The path to rename to, links resolved; undefined for what must be written to in place. */
async function replaceable(path: string): Promise<string | undefined> {
  // A redirected /dev/stdout leads to a regular file that the shell holds open: replacing it would hide what is written next.
  // Files in /dev/shm are as any others.
  if (/^\/(dev(?!\/shm\/)|proc)\//.test(resolve(path))) return undefined
  const found = await stat(path).catch(ignoreMissing)
  if (found?.isDirectory()) throw new Error('it is a directory')
  if (found && !found.isFile()) return undefined
  return followLinks(resolve(path))
}

/** Like realpath of the last component, for a target that need not exist. */
async function followLinks(path: string): Promise<string> {
  let at = path
  for (let hops = 0; hops < 40; hops++) {
    const found = await lstat(at).catch(ignoreMissing)
    if (!found?.isSymbolicLink()) return at
    at = resolve(dirname(at), await readlink(at))
  }
  throw new Error('too many symbolic links')
}

function ignoreMissing(error: unknown): undefined {
  if (errnoOf(error) !== 'ENOENT') throw error
  return undefined
}

async function writeTemporary(write: {
  readonly temporary: string
  readonly content: FileContent
  readonly options: AtomicWriteOptions
  readonly files: Files
}): Promise<void> {
  const { temporary, content, options, files } = write
  const mode = options.mode ?? 0o644
  const handle = await files(open(temporary, 'wx', mode))
  try {
    await files(handle.chmod(mode))
    await writeContent({ handle, content, files })
    if (options.fsync !== false) await files(handle.sync())
  } finally {
    await handle.close()
  }
}

async function writeDirectly(write: {
  readonly path: string
  readonly content: FileContent
  readonly files: Files
}): Promise<void> {
  const handle = await write.files(open(write.path, 'a'))
  try {
    await writeContent({ handle, content: write.content, files: write.files })
  } finally {
    await handle.close()
  }
}

async function writeContent(write: {
  readonly handle: FileHandle
  readonly content: FileContent
  readonly files: Files
}): Promise<void> {
  const { handle, content, files } = write
  const pieces = typeof content === 'string' || content instanceof Uint8Array ? [content] : content
  for await (const piece of pieces) {
    await files(writeAll(handle, typeof piece === 'string' ? Buffer.from(piece) : piece))
  }
}

/** Makes names that were created, renamed or removed in a directory durable. */
async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

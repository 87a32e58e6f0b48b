import { mkdir, readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import { errnoOf } from '../../../core/errno.ts'
import { OpsError } from '../../../core/errors.ts'
import type { OpenSink, SinkPlace } from '../../../core/sink.ts'
import { cannotWrite } from '../../../run/cannot-write.ts'
import { acquireLock } from '../../../run/lock.ts'
import { encoderOf, type RecordEncoding } from '../encoded/record-encoding.ts'
import { FileSet, type FileWishes, setAside } from './file-set.ts'
import { FileSink } from './file-sink.ts'
import { type FileState, LogFile } from './log-file.ts'
import { OwnFiles } from './own-files.ts'

const remembered = z.object({ path: z.string(), inode: z.string(), bytes: z.number(), begun: z.number() })

/** Opens the file where it was left: what is behind the acknowledged bytes is cut off. @throws OpsError E_OUTPUT, E_LOCKED */
export async function openFileSink(
  place: SinkPlace,
  wishes: FileWishes & { readonly encoding: RecordEncoding },
): Promise<OpenSink> {
  const { clock, log, name } = place
  const { directory, path } = wishes.name
  try {
    if (wishes.makesDirectories) await mkdir(directory, { recursive: true, mode: 0o700 })
    const encoder = await encoderOf(wishes.encoding)
    const lockPath = join(directory, `.${basename(path)}.lock`)
    const lock = await acquireLock(lockPath, { runId: name, command: 'ship-logs', clock })
    try {
      const own = await OwnFiles.open(path, log)
      const files = new FileSet(wishes, { clock, log, own })
      const state = remembered.safeParse(place.state).data
      const file = (state && (await resumed(state, place, { wishes, own }))) ?? (await files.begin())
      return new FileSink({ clock, log, files, file, own, lock, encoder })
    } catch (error) {
      await lock[Symbol.asyncDispose]()
      throw error
    }
  } catch (error) {
    throw error instanceof OpsError ? error : cannotWrite({ path, error })
  }
}

/** The file of an earlier process, if it can be gone on with. */
async function resumed(
  state: FileState,
  { clock, log }: SinkPlace,
  { wishes, own }: { readonly wishes: FileWishes; readonly own: OwnFiles },
): Promise<LogFile | undefined> {
  const { path, bytes, begun, inode } = state
  // Its pipeline names another one by now, and that one may be somebody else's: it stays as it is.
  if (path !== wishes.name.at(begun)) return undefined
  const found = await lookAt(path)
  if (found?.inode === inode && found.bytes >= bytes) {
    const file = await LogFile.open(path, { mode: wishes.mode, begun })
    const left = await own.takeUp(path, inode)
    if (found.bytes === bytes) return file
    // It was left in good order: what is behind is no rest of ours.
    if (left === bytes) log('warn', 'somebody else has written to the file: it is kept', { path, bytes: found.bytes - bytes })
    else await file.cut(bytes)
    return file
  }
  if (found && found.inode !== inode) await cutMoved(state, wishes)
  if (found && found.bytes > 0) {
    const problem = found.inode === inode ? `has ${found.bytes} bytes, of which ${bytes} were acknowledged` : 'is another one'
    log('warn', `a file ${problem}: it is set aside and a new one begun`, { path })
    await setAside(path, clock.now())
  }
  return undefined
}

/** Somebody moved it while records were under way: they come again, to the new file. */
async function cutMoved({ inode, bytes, begun, path }: FileState, { mode }: FileWishes): Promise<void> {
  for (const name of await readdir(dirname(path))) {
    if (!name.startsWith(basename(path).split('.')[0] ?? '')) continue
    const moved = join(dirname(path), name)
    const found = await lookAt(moved)
    if (found?.inode !== inode || found.bytes <= bytes) continue
    await using file = await LogFile.open(moved, { mode, begun })
    await file.cut(bytes)
  }
}

async function lookAt(path: string): Promise<{ readonly inode: string; readonly bytes: number } | undefined> {
  try {
    const found = await stat(path, { bigint: true })
    return found.isFile() ? { inode: String(found.ino), bytes: Number(found.size) } : undefined
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
}

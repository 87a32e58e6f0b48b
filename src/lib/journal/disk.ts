import { mkdir, open, readdir, rename, stat, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'

/** What the journal asks of a file system. A test brings one that counts, fails or fills up. */
export interface JournalDisk {
  /** With all parents, mode 0700, durable. */
  makeDirectory(path: string): Promise<void>
  /** Names in a directory. */
  list(path: string): Promise<readonly string[]>
  /** 'create' makes a new file of mode 0600, 'update' opens one for writing. */
  open(path: string, how: 'create' | 'update' | 'read'): Promise<JournalFile>
  stat(path: string): Promise<{ readonly bytes: number; readonly modifiedMs: number }>
  rename(from: string, to: string): Promise<void>
  remove(path: string): Promise<void>
  /** Makes creations, renames and removals in a directory durable. */
  syncDirectory(path: string): Promise<void>
}

export interface JournalFile {
  /** Fills the buffer from a position; returns how many bytes there were, fewer only at the end. */
  read(buffer: Buffer, position: number): Promise<number>
  /** Writes all of it, or rejects with an unknown part of it written. */
  write(bytes: Uint8Array, position: number): Promise<void>
  /** Makes the content durable. */
  sync(): Promise<void>
  truncate(bytes: number): Promise<void>
  close(): Promise<void>
}

export const systemDisk: JournalDisk = {
  async makeDirectory(path) {
    const first = await mkdir(path, { recursive: true, mode: 0o700 })
    for (let made = path; first !== undefined; made = dirname(made)) {
      await syncDirectory(dirname(made))
      if (made === first || made === dirname(made)) return
    }
  },
  list: path => readdir(path),
  open: openFile,
  async stat(path) {
    const { size, mtimeMs } = await stat(path)
    return { bytes: size, modifiedMs: mtimeMs }
  },
  rename,
  remove: unlink,
  syncDirectory,
}

async function openFile(path: string, how: 'create' | 'update' | 'read'): Promise<JournalFile> {
  const handle = await open(path, { create: 'wx+', update: 'r+', read: 'r' }[how], 0o600)
  return {
    async read(buffer, position) {
      let filled = 0
      while (filled < buffer.length) {
        const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, position + filled)
        if (bytesRead === 0) break
        filled += bytesRead
      }
      return filled
    },
    async write(bytes, position) {
      for (let at = 0; at < bytes.length; ) {
        const { bytesWritten } = await handle.write(bytes, at, bytes.length - at, position + at)
        at += bytesWritten
      }
    },
    sync: () => handle.datasync(),
    truncate: bytes => handle.truncate(bytes),
    close: () => handle.close(),
  }
}

async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

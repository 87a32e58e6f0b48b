import fs from 'node:fs'
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

/**
 * The disk of this machine. Names are looked at and changed, and little pieces written, without yielding: a hop to another thread and back
 * costs ten times as much, and opening a journal would make a dozen of them. What waits for the disk yields.
 */
export const systemDisk: JournalDisk = diskWith(syncDirectory)

/** The same where names need not outlive a power cut: without waiting for that. */
export const unsyncedDisk: JournalDisk = diskWith(async () => {})

/** The same where content becomes durable while the writer goes on: a sync only begins, and the close waits for it and tells its failure. */
export const unhurriedDisk: JournalDisk = {
  ...unsyncedDisk,
  open: async (path, how) => unhurried(openFile(path, how).file),
}

/**
 * For who reads many small journals and does nothing else meanwhile, as a list does: reads do not yield either, which with 5000 of them is
 * most of the time.
 */
export const promptDisk: JournalDisk = {
  ...systemDisk,
  async open(path, how) {
    const { fd, file } = openFile(path, how)
    return {
      ...file,
      read: async (buffer, position) => filled(buffer, at => fs.readSync(fd, buffer, at, buffer.length - at, position + at)),
    }
  },
}

/** How many bytes of the buffer could be filled. */
function filled(buffer: Buffer, readFrom: (at: number) => number): number {
  for (let at = 0; at < buffer.length; ) {
    const count = readFrom(at)
    if (count === 0) return at
    at += count
  }
  return buffer.length
}

function diskWith(sync: JournalDisk['syncDirectory']): JournalDisk {
  return {
    async makeDirectory(path) {
      const first = fs.mkdirSync(path, { recursive: true, mode: 0o700 })
      for (let made = path; first !== undefined; made = dirname(made)) {
        await sync(dirname(made))
        if (made === first || made === dirname(made)) return
      }
    },
    list: async path => fs.readdirSync(path),
    open: async (path, how) => openFile(path, how).file,
    async stat(path) {
      const { size, mtimeMs } = fs.statSync(path)
      return { bytes: size, modifiedMs: mtimeMs }
    },
    rename: async (from, to) => fs.renameSync(from, to),
    remove: async path => fs.unlinkSync(path),
    syncDirectory: sync,
  }
}

/** More is handed to another thread: the kernel may have to wait for room. */
const littleBytes = 64 * 1024

function openFile(path: string, how: 'create' | 'update' | 'read'): { readonly fd: number; readonly file: JournalFile } {
  const fd = fs.openSync(path, { create: 'wx+', update: 'r+', read: 'r' }[how], 0o600)
  const file: JournalFile = {
    async read(buffer, position) {
      let filled = 0
      while (filled < buffer.length) {
        const count = await settled<number>(done => fs.read(fd, buffer, filled, buffer.length - filled, position + filled, done))
        if (count === 0) break
        filled += count
      }
      return filled
    },
    async write(bytes, position) {
      for (let at = 0; at < bytes.length; ) {
        const left = bytes.length - at
        at +=
          left <= littleBytes
            ? fs.writeSync(fd, bytes, at, left, position + at)
            : await settled<number>(done => fs.write(fd, bytes, at, left, position + at, done))
      }
    },
    sync: () => settled(done => fs.fdatasync(fd, done)),
    truncate: bytes => settled(done => fs.ftruncate(fd, bytes, done)),
    close: async () => fs.closeSync(fd),
  }
  return { fd, file }
}

function unhurried(file: JournalFile): JournalFile {
  const begun: Promise<void>[] = []
  return {
    ...file,
    async sync() {
      const syncing = file.sync()
      // Told by the close: until then nobody waits for it.
      syncing.catch(() => {})
      begun.push(syncing)
    },
    async close() {
      try {
        await Promise.all(begun)
      } finally {
        await file.close()
      }
    },
  }
}

async function syncDirectory(path: string): Promise<void> {
  const fd = fs.openSync(path, 'r')
  try {
    await settled(done => fs.fsync(fd, done))
  } finally {
    fs.closeSync(fd)
  }
}

/** What a call of node:fs comes to. */
function settled<T = void>(call: (done: (error: Error | null, value: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => call((error, value) => (error ? reject(error) : resolve(value))))
}

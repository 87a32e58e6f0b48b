import { type JournalDisk, type JournalFile, systemDisk } from '../../src/lib/journal/disk.ts'

/** The real disk, which counts what is asked of it and fails on demand. */
export class FaultyDisk implements JournalDisk {
  writes = 0
  syncs = 0
  /** Called before each write and sync of a file; what it throws is what the disk says. */
  before: (operation: 'write' | 'sync') => void = () => {}

  makeDirectory = systemDisk.makeDirectory
  list = systemDisk.list
  stat = systemDisk.stat
  rename = systemDisk.rename
  remove = systemDisk.remove
  syncDirectory = systemDisk.syncDirectory

  async open(path: string, how: 'create' | 'update' | 'read'): Promise<JournalFile> {
    const file = await systemDisk.open(path, how)
    return {
      ...file,
      write: async (bytes, position) => {
        this.writes++
        this.before('write')
        await file.write(bytes, position)
      },
      sync: async () => {
        this.syncs++
        this.before('sync')
        await file.sync()
      },
    }
  }
}

export const diskError = (code: string): Error => Object.assign(new Error(`${code}: injected`), { code })

/** The real disk without its waits, for tests that open thousands of journals and simulate the crash themselves. */
export const hastyDisk: JournalDisk = {
  ...systemDisk,
  syncDirectory: async () => {},
  open: async (path, how) => ({ ...(await systemDisk.open(path, how)), sync: async () => {} }),
}

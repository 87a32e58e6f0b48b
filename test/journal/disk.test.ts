import { expect, test } from 'bun:test'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemDisk, unhurriedDisk } from '../../src/lib/journal/disk.ts'
import { tempDir } from '../helpers/temp-dir.ts'

test('a sync without hurry keeps what was written', async () => {
  await using directory = await tempDir()
  const path = join(directory.path, 'segment')
  const file = await unhurriedDisk.open(path, 'create')
  await file.write(Buffer.from('header'), 0)
  await file.sync()
  await file.write(Buffer.from('record'), 6)
  await file.close()
  expect(await readFile(path, 'utf8')).toBe('headerrecord')
})

// What is no file on a disk can not be synced.
test('a sync that fails is told at once, and without hurry by the close', async () => {
  const now = await systemDisk.open('/dev/null', 'update')
  await expect(now.sync()).rejects.toThrow('EINVAL')
  await now.close()
  const later = await unhurriedDisk.open('/dev/null', 'update')
  await later.sync()
  await expect(later.close()).rejects.toThrow('EINVAL')
})

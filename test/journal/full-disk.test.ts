import { describe, expect, test } from 'bun:test'
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { errnoOf } from '../../src/lib/core/errno.ts'
import type { Journal } from '../../src/lib/journal/journal.ts'
import { needs } from '../helpers/needs.ts'
import { tinyDisk } from '../helpers/tiny-disk.ts'
import { linesIn, linesOf, openJournal } from './open-journal.ts'

const full = {
  code: 'E_STATE',
  exit: 74,
  data: { errno: 'ENOSPC' },
  hint: 'free some space on the file system of the state directory',
}

describe.skipIf(!needs('mount'))('on a full disk', () => {
  test.each([4096, 1024 * 1024])(
    'records that were acknowledged stay whole, and appending goes on once there is space (segments of %d)',
    async segmentBytes => {
      await using disk = await tinyDisk(128 * 1024)
      const path = join(disk.path, 'journal')
      await fillDisk(disk.path, 'other.log', 40_000)
      let acknowledged = 0
      {
        await using journal = await openJournal(path, { segmentBytes })
        acknowledged = await appendUntilFull(journal)
        expect(acknowledged).toBeGreaterThan(50)
        expect((await linesOf(journal)).slice(0, acknowledged)).toEqual(expectedLines(acknowledged))
        await expect(journal.sync()).rejects.toMatchObject(full)
        await rm(join(disk.path, 'other.log'))
        await journal.sync()
        expect(journal.append(1, Buffer.from('record'))).toBe(acknowledged + 2)
        await journal.sync()
        acknowledged += 2
      }
      await using journal = await openJournal(path)
      expect(journal.recovery).toEqual({ lostBytes: 0 })
      expect((await linesOf(journal)).map(line => Number.parseInt(line, 10))).toEqual(range(acknowledged))
    },
  )

  test('a journal that is given up there can be opened later and holds exactly what was acknowledged', async () => {
    await using disk = await tinyDisk(128 * 1024)
    const path = join(disk.path, 'journal')
    const journal = await openJournal(path)
    const acknowledged = await appendUntilFull(journal)
    await expect(journal[Symbol.asyncDispose]()).rejects.toMatchObject(full)
    expect(await linesIn(path)).toEqual(expectedLines(acknowledged))
  })

  test('as many bytes as were reserved can still be written, across the end of a segment', async () => {
    await using disk = await tinyDisk(256 * 1024)
    const path = join(disk.path, 'journal')
    await using journal = await openJournal(path, { segmentBytes: 8192, preallocateBytes: 32 * 1024 })
    journal.append(1, 'intent')
    await journal.sync()
    await fillDisk(disk.path, 'other.log', Number.POSITIVE_INFINITY)
    expect(journal.reservedBytes).toBeGreaterThanOrEqual(32 * 1024)
    for (let written = 0; written < 31 * 1024; written += 421) {
      journal.append(1, Buffer.alloc(400, 'r'))
      await journal.sync()
    }
    await expect(journal.moveCursor('ledger', 2)).rejects.toMatchObject(full)
    expect(await linesOf(journal)).toHaveLength(journal.next - 1)
  })

  test('can not be opened with a reserve that does not fit', async () => {
    await using disk = await tinyDisk(64 * 1024)
    const path = join(disk.path, 'journal')
    await expect(openJournal(path, { preallocateBytes: 128 * 1024 })).rejects.toMatchObject(full)
    await using journal = await openJournal(path)
    journal.append(1, 'fits')
    await journal.sync()
  })

  test('a cursor moves and old segments are removed, so that consumers can free it', async () => {
    await using disk = await tinyDisk(128 * 1024)
    await using journal = await openJournal(join(disk.path, 'journal'), { segmentBytes: 4096 })
    await journal.moveCursor('sink', 1)
    const acknowledged = await appendUntilFull(journal)
    await journal.moveCursor('sink', acknowledged + 1)
    expect((await journal.prune()).segments).toBeGreaterThan(5)
    await journal.sync()
    expect((await linesOf(journal, { from: acknowledged + 1 })).length).toBeGreaterThan(0)
  })
})

/** Returns how many records were acknowledged; the one after them waits in memory. */
async function appendUntilFull(journal: Journal): Promise<number> {
  for (;;) {
    const sequence = journal.append(1, Buffer.from(textOf(journal.next)))
    try {
      await journal.sync()
    } catch (error) {
      expect(error).toMatchObject(full)
      return sequence - 1
    }
  }
}

const textOf = (sequence: number): string => `record ${sequence} ${'.'.repeat((sequence * 131) % 900)}`
const range = (to: number): number[] => Array.from({ length: to }, (_, index) => index + 1)
const expectedLines = (count: number): string[] => range(count).map(sequence => `${sequence}:1:${textOf(sequence)}`)

async function fillDisk(directory: string, name: string, bytes: number): Promise<void> {
  const file = await open(join(directory, name), 'w')
  try {
    for (let written = 0; written < bytes; written += 4096) await file.write(Buffer.alloc(4096, 'f'))
  } catch (error) {
    if (errnoOf(error) !== 'ENOSPC') throw error
  } finally {
    await file.close()
  }
}

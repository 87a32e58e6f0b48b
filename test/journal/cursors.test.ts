import { describe, expect, test } from 'bun:test'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Journal } from '../../src/lib/journal/journal.ts'
import { FakeClock } from '../helpers/fake-clock.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { diskError, FaultyDisk } from './faulty-disk.ts'
import { linesOf, openJournal } from './open-journal.ts'

describe('cursors of a journal', () => {
  test('are kept by name, forwards and backwards, until they are removed', async () => {
    await using dir = await tempDir()
    {
      await using journal = await openJournal(dir.path)
      for (const text of ['a', 'b', 'c']) journal.append(1, text)
      await journal.moveCursor('sink-loki', 4)
      await journal.moveCursor('sink-s3', 1)
      await journal.moveCursor('sink-loki', 2)
    }
    expect([...(await Journal.inspect(dir.path)).cursors]).toEqual([
      ['sink-loki', 2],
      ['sink-s3', 1],
    ])
    await using journal = await openJournal(dir.path)
    expect(journal.cursors.get('sink-loki')).toBe(2)
    await journal.removeCursor('sink-loki')
    await journal.removeCursor('never-made')
    expect([...(await Journal.inspect(dir.path)).cursors]).toEqual([['sink-s3', 1]])
  })

  test('write moves that come while one is under way as one', async () => {
    await using dir = await tempDir()
    const disk = new FaultyDisk()
    await using journal = await openJournal(dir.path, { disk })
    for (let index = 0; index < 100; index++) journal.append(1, index)
    await journal.flush()
    await journal.moveCursor('sink', 1)
    disk.writes = 0
    await Promise.all(Array.from({ length: 100 }, (_, index) => journal.moveCursor('sink', index + 1)))
    expect(disk.writes).toBeLessThanOrEqual(2)
    expect((await Journal.inspect(dir.path)).cursors.get('sink')).toBe(100)
  })

  test('stay where they were when the last write was torn', async () => {
    await using dir = await tempDir()
    {
      await using journal = await openJournal(dir.path)
      for (const text of ['a', 'b', 'c']) journal.append(1, text)
      for (const position of [1, 2, 3]) await journal.moveCursor('sink', position)
    }
    const path = join(dir.path, 'sink.cursor')
    const bytes = await readFile(path)
    for (const at of Array.from({ length: 20 }, (_, index) => index)) {
      const torn = Buffer.from(bytes)
      torn[at] = (torn[at] ?? 0) ^ 0x33
      await writeFile(path, torn)
      expect((await Journal.inspect(dir.path)).cursors.get('sink')).toBe(2)
    }
    await writeFile(path, Buffer.alloc(1024))
    await expect(Journal.inspect(dir.path)).rejects.toMatchObject({ code: 'E_STATE', data: { path } })
    await expect(openJournal(dir.path)).rejects.toThrow('neither of its two positions is valid')
  })

  test('tell a failed move and can be moved again', async () => {
    await using dir = await tempDir()
    const disk = new FaultyDisk()
    await using journal = await openJournal(dir.path, { disk })
    journal.append(1, 'a')
    await journal.flush()
    await journal.moveCursor('sink', 1)
    disk.before = () => {
      throw diskError('EIO')
    }
    await expect(journal.moveCursor('sink', 2)).rejects.toMatchObject({ code: 'E_STATE', data: { errno: 'EIO' } })
    await expect(journal.moveCursor('other', 2)).rejects.toMatchObject({ code: 'E_STATE' })
    expect([...journal.cursors]).toEqual([['sink', 1]])
    disk.before = () => {}
    await journal.moveCursor('sink', 2)
    await journal.moveCursor('other', 2)
    expect(journal.cursors.get('other')).toBe(2)
  })

  test.each([0, 3, 1.5])('can not move to %d in a journal of one record', async position => {
    await using dir = await tempDir()
    await using journal = await openJournal(dir.path)
    journal.append(1, 'a')
    await expect(journal.moveCursor('sink', position)).rejects.toMatchObject({ code: 'E_BUG' })
    await expect(journal.moveCursor('../sink', 1)).rejects.toThrow('is not a cursor name')
  })
})

describe('retention', () => {
  /** Twelve records in four segments of three. */
  async function filled(directory: string, clock = new FakeClock(Date.now() + 3_600_000)): Promise<Journal> {
    const journal = await openJournal(directory, { segmentBytes: 32 + 3 * 31, clock })
    for (let index = 1; index <= 12; index++) {
      journal.append(1, Buffer.alloc(10, 'x'))
      await journal.flush()
    }
    return journal
  }
  const firstOf = async (journal: Journal): Promise<number> => Number.parseInt((await linesOf(journal))[0] ?? '', 10)

  test.each([
    ['nothing is said', {}, 10],
    ['two segments are kept', { keepSegments: 2 }, 7],
    ['as many segments are kept as there are', { keepSegments: 4 }, 1],
    ['two segments and a half are kept in bytes', { keepBytes: 300 }, 7],
    ['an hour and more is kept', { keepMs: 7_200_000 }, 1],
    ['less than an hour is kept', { keepMs: 600_000 }, 10],
    ['any of several limits is exceeded', { keepMs: 7_200_000, keepSegments: 3 }, 4],
  ])('removes the oldest segments but never the current one when %s', async (_case, keep, first) => {
    await using dir = await tempDir()
    await using journal = await filled(dir.path)
    const pruned = await journal.prune(keep)
    expect(await firstOf(journal)).toBe(first)
    expect(pruned.segments).toBe(Math.floor(first / 3))
    expect(pruned.bytes).toBe(pruned.segments * 125)
    expect(await linesOf(journal, { from: 1 })).toHaveLength(13 - first)
  })

  test('keeps every segment with a record that a cursor has not passed', async () => {
    await using dir = await tempDir()
    await using journal = await filled(dir.path)
    await journal.moveCursor('fast', 13)
    await journal.moveCursor('slow', 6)
    expect((await journal.prune()).segments).toBe(1)
    await journal.moveCursor('slow', 7)
    expect((await journal.prune()).segments).toBe(1)
    await journal.removeCursor('slow')
    expect((await journal.prune()).segments).toBe(1)
    expect(await firstOf(journal)).toBe(10)
  })

  test('leaves the count where it was when the journal is opened again', async () => {
    await using dir = await tempDir()
    {
      await using journal = await filled(dir.path)
      await journal.prune()
    }
    await using journal = await openJournal(dir.path)
    expect(journal.append(1, 'next')).toBe(13)
    expect((await Journal.inspect(dir.path)).first).toBe(10)
  })
})

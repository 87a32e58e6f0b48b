import { describe, expect, test } from 'bun:test'
import { copyFile, mkdir, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { Journal } from '../../src/lib/journal/journal.ts'
import type { Damage } from '../../src/lib/journal/state-error.ts'
import { counted } from '../helpers/counts.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { hastyDisk } from './faulty-disk.ts'
import { linesIn, linesOf, openJournal, segmentAt } from './open-journal.ts'

const recordBytes = (text: string): number => 21 + text.length

describe('opening a journal after a crash', () => {
  const crashes = {
    'cut off': (bytes: Buffer, at: number) => bytes.subarray(0, at),
    'followed by zeros': (bytes: Buffer, at: number) => Buffer.concat([bytes.subarray(0, at), Buffer.alloc(bytes.length - at)]),
    'changed in one byte': (bytes: Buffer, at: number) => {
      const changed = Buffer.from(bytes)
      changed[at] = (changed[at] ?? 0) ^ 0x5a
      return changed
    },
    'followed by rubbish': (bytes: Buffer, at: number) => Buffer.concat([bytes.subarray(0, at), Buffer.alloc(100, 0xa5)]),
  }

  test.each(Object.entries(crashes))(
    'keeps every synced record, invents none and goes on counting where the tail is %s, at every byte',
    async (_name, crash) => {
      await using dir = await tempDir()
      let round = 0
      const sizes = fc.array(fc.nat(20), { minLength: 1, maxLength: 5 })
      const property = fc.asyncProperty(
        sizes,
        sizes,
        fc.integer({ min: 100, max: 400 }),
        async (synced, unsynced, segmentBytes) => {
          const origin = join(dir.path, String(round++))
          const written = await writeAndCrash({ directory: origin, synced, unsynced, segmentBytes })
          for (let at = written.syncedBytes; at < written.bytes.length; at++) {
            const copy = join(dir.path, `${round}-${at}`)
            await copyDirectory(origin, copy)
            await writeFile(join(copy, written.segment), crash(written.bytes, at))
            const kept = await checkRecovered(copy, written.lines)
            expect(kept).toBeGreaterThanOrEqual(synced.length)
            await rm(copy, { recursive: true })
          }
        },
      )
      await fc.assert(property, { numRuns: counted({ reduced: 3, full: 30 }) })
    },
    300_000,
  )

  test('reports how many bytes of a torn tail it cut off, once', async () => {
    await using dir = await tempDir()
    {
      await using journal = await openJournal(dir.path)
      for (const text of ['one', 'two', 'three']) journal.append(1, Buffer.from(text))
    }
    const path = segmentAt(dir.path, 1)
    await truncate(path, (await stat(path)).size - 1)
    expect(await Journal.inspect(dir.path)).toMatchObject({ next: 3, tornBytes: recordBytes('three') - 1 })
    {
      await using journal = await openJournal(dir.path)
      expect(journal.recovery).toEqual({ lostBytes: recordBytes('three') - 1 })
      expect(journal.append(1, Buffer.from('third'))).toBe(3)
    }
    await using journal = await openJournal(dir.path)
    expect(journal.recovery).toEqual({ lostBytes: 0 })
    expect(await linesOf(journal)).toEqual(['1:1:one', '2:1:two', '3:1:third'])
  })

  test('never takes the rest of an old record behind a new end for a record', async () => {
    await using dir = await tempDir()
    {
      await using journal = await openJournal(dir.path)
      for (const text of ['aaaa', 'bbbb', 'cccc']) journal.append(1, Buffer.from(text))
    }
    const path = segmentAt(dir.path, 1)
    const bytes = await readFile(path)
    const second = 32 + recordBytes('aaaa')
    bytes[second + 21] = 0x58
    await writeFile(path, bytes)
    await using journal = await openJournal(dir.path)
    expect(journal.append(1, Buffer.from('dddd'))).toBe(2)
    expect(await linesOf(journal)).toEqual(['1:1:aaaa', '2:1:dddd'])
  })

  test('starts over in the segment before when the crash came between the creation of the last and the sync of its predecessor', async () => {
    await using dir = await tempDir()
    {
      await using journal = await openJournal(dir.path, { segmentBytes: 120 })
      for (const text of ['one', 'two', 'three', 'four', 'five']) {
        journal.append(1, Buffer.from(text))
        await journal.flush()
      }
    }
    await truncate(segmentAt(dir.path, 4), 32)
    await truncate(segmentAt(dir.path, 1), 89)
    expect(await linesIn(dir.path)).toEqual(['1:1:one', '2:1:two'])
    await using journal = await openJournal(dir.path)
    expect(journal.recovery.lostBytes).toBe(89 - 32 - 2 * recordBytes('one'))
    expect(journal.append(1, Buffer.from('again'))).toBe(3)
    expect(await linesOf(journal)).toEqual(['1:1:one', '2:1:two', '3:1:again'])
  })

  test('removes half-made files and leaves the files of lock takers alone', async () => {
    await using dir = await tempDir()
    await writeFile(`${segmentAt(dir.path, 1)}.new`, 'half')
    await writeFile(join(dir.path, 'ledger.cursor.new'), 'half')
    await writeFile(join(dir.path, 'lock.0123456789abcdef.1.new'), '')
    await using journal = await openJournal(dir.path)
    journal.append(1, 'x')
    await journal.flush()
    expect((await readdir(dir.path)).sort()).toEqual(['0000000000000001.segment', 'lock', 'lock.0123456789abcdef.1.new'])
  })

  test('sets a cursor back that had passed records the crash took, so that their successors are not skipped', async () => {
    await using dir = await tempDir()
    {
      await using journal = await openJournal(dir.path)
      for (const text of ['one', 'two', 'three']) journal.append(1, Buffer.from(text))
      await journal.moveCursor('ledger', 4)
    }
    await truncate(segmentAt(dir.path, 1), 32 + recordBytes('one') + 5)
    await using journal = await openJournal(dir.path)
    expect(journal.cursors.get('ledger')).toBe(2)
    journal.append(1, Buffer.from('new'))
    expect(await linesOf(journal, { from: journal.cursors.get('ledger') ?? 0 })).toEqual(['2:1:new'])
    expect((await Journal.inspect(dir.path)).cursors.get('ledger')).toBe(2)
  })
})

describe('damage to records that had been on disk', () => {
  test('in a sealed segment is an error with its position, and a salvage read gives all the others', async () => {
    await using dir = await tempDir()
    await fill({ directory: dir.path, count: 20, segmentBytes: 200 })
    const { segments } = await Journal.inspect(dir.path)
    const [, second] = segments
    const offset = 32 + recordBytes('record 00')
    await flip(second?.path ?? '', offset + 25)
    const base = second?.base ?? 0
    await expect(linesIn(dir.path)).rejects.toMatchObject({
      code: 'E_STATE',
      message: `${second?.path} is damaged at byte ${offset}, where record ${base + 1} was`,
      data: { offset, sequence: base + 1 },
    })
    const damage: Damage[] = []
    const lines = await linesIn(dir.path, { salvage: found => damage.push(found) })
    expect(lines.map(line => Number.parseInt(line, 10))).toEqual(range(1, 20).filter(sequence => sequence !== base + 1))
    expect(damage).toEqual([{ path: second?.path ?? '', offset, sequence: base + 1 }])
    await using journal = await openJournal(dir.path)
    expect(journal.append(1, 'goes on')).toBe(21)
  })

  test('in the last segment does not stop new records, which go to a new segment', async () => {
    await using dir = await tempDir()
    await fill({ directory: dir.path, count: 9 })
    const offset = 32 + 4 * recordBytes('record 00')
    await flip(segmentAt(dir.path, 1), offset + 5)
    const damage = { path: segmentAt(dir.path, 1), offset, sequence: 5 }
    expect(await Journal.inspect(dir.path)).toMatchObject({ next: 10, damage })
    {
      await using journal = await openJournal(dir.path)
      expect(journal.recovery).toEqual({ lostBytes: 0, damage })
      expect(journal.append(1, Buffer.from('new'))).toBe(10)
      await expect(linesOf(journal)).rejects.toMatchObject({ data: damage })
      expect(await linesOf(journal, { from: 10 })).toEqual(['10:1:new'])
    }
    const found: Damage[] = []
    const lines = await linesIn(dir.path, { salvage: hit => found.push(hit) })
    expect(lines.map(line => Number.parseInt(line, 10))).toEqual([1, 2, 3, 4, 6, 7, 8, 9, 10])
    expect(found).toEqual([damage])
  })

  test('is noticed when a whole segment or the end of one is missing', async () => {
    await using dir = await tempDir()
    await fill({ directory: dir.path, count: 20, segmentBytes: 200 })
    const { segments } = await Journal.inspect(dir.path)
    const [, second, third] = segments
    await truncate(second?.path ?? '', 32 + recordBytes('record 00'))
    await expect(linesIn(dir.path)).rejects.toMatchObject({ data: { sequence: (second?.base ?? 0) + 1 } })
    await rm(second?.path ?? '')
    await expect(linesIn(dir.path)).rejects.toMatchObject({ data: { sequence: second?.base ?? 0 } })
    const missing = range(second?.base ?? 0, (third?.base ?? 0) - 1)
    const lines = await linesIn(dir.path, { salvage: () => {} })
    expect(lines.map(line => Number.parseInt(line, 10))).toEqual(range(1, 20).filter(sequence => !missing.includes(sequence)))
  })

  test('in a header is an error with the path, and the records behind it can be salvaged', async () => {
    await using dir = await tempDir()
    await fill({ directory: dir.path, count: 20, segmentBytes: 200 })
    await flip(segmentAt(dir.path, 1), 14)
    await expect(linesIn(dir.path)).rejects.toThrow(`${segmentAt(dir.path, 1)} has no valid header`)
    expect(await linesIn(dir.path, { salvage: () => {} })).toHaveLength(20)
  })

  test('never makes a record of bytes that only look like one', async () => {
    await using dir = await tempDir()
    await using other = await tempDir()
    await fill({ directory: other.path, count: 9 })
    const frames = (await readFile(segmentAt(other.path, 1))).subarray(32)
    {
      await using journal = await openJournal(dir.path)
      journal.append(1, Buffer.from('one'))
      await journal.sync()
      journal.append(1, frames)
      journal.append(1, Buffer.from('three'))
    }
    await flip(segmentAt(dir.path, 1), 32 + recordBytes('one') + 1)
    expect(await linesIn(dir.path, { salvage: () => {} })).toEqual(['1:1:one'])
    await using journal = await openJournal(dir.path)
    expect(journal.next).toBe(2)
  })

  test('to one byte anywhere is found, and no synced record but the one that was hit is lost to a salvage read', async () => {
    await using dir = await tempDir()
    await fill({ directory: dir.path, count: 6 })
    const bytes = await readFile(segmentAt(dir.path, 1))
    const lastStart = bytes.length - recordBytes('record 00')
    for (let at = 32; at < lastStart; at++) {
      await writeFile(segmentAt(dir.path, 1), bytes)
      await flip(segmentAt(dir.path, 1), at)
      await expect(linesIn(dir.path)).rejects.toMatchObject({ code: 'E_STATE' })
      const hit = 1 + Math.floor((at - 32) / recordBytes('record 00'))
      const lines = await linesIn(dir.path, { salvage: () => {} })
      expect(lines.map(line => Number.parseInt(line, 10))).toEqual(range(1, 6).filter(sequence => sequence !== hit))
    }
  })
})

/** Appends records and syncs after each, so that every one knows the former to be on disk. */
async function fill(options: {
  readonly directory: string
  readonly count: number
  readonly segmentBytes?: number
}): Promise<void> {
  const { directory, count, ...over } = options
  await using journal = await openJournal(directory, over)
  for (let index = 1; index <= count; index++) {
    journal.append(1, Buffer.from(`record ${String(index).padStart(2, '0')}`))
    await journal.sync()
  }
}

interface Written {
  readonly lines: string[]
  readonly segment: string
  readonly bytes: Buffer
  /** Of the last segment: up to here a sync has acknowledged. */
  readonly syncedBytes: number
}

/** A journal with synced records and then others that only reached the file, as it lies there when the machine stops. */
async function writeAndCrash(options: {
  readonly directory: string
  readonly synced: readonly number[]
  readonly unsynced: readonly number[]
  readonly segmentBytes: number
}): Promise<Written> {
  const { directory, synced, unsynced, segmentBytes } = options
  await using journal = await openJournal(directory, { segmentBytes })
  for (const size of synced) journal.append(size, Buffer.alloc(size, 's'))
  await journal.sync()
  const before = (await Journal.inspect(directory)).segments.at(-1)
  for (const [index, size] of unsynced.entries()) {
    journal.append(size, Buffer.alloc(size, 'u'))
    if (index % 2 === 0) await journal.flush()
  }
  await journal.flush()
  const { segments } = await Journal.inspect(directory)
  const last = segments.at(-1)
  const path = last?.path ?? ''
  return {
    lines: await linesOf(journal),
    segment: path.slice(directory.length + 1),
    bytes: await readFile(path),
    syncedBytes: before?.path === path ? before.bytes : 32,
  }
}

/** Opens, compares with what had been appended, appends, opens again; returns how many of the old records were there. */
async function checkRecovered(directory: string, lines: readonly string[]): Promise<number> {
  const seen = await linesIn(directory)
  {
    await using journal = await openJournal(directory, { disk: hastyDisk })
    const kept = await linesOf(journal)
    expect(kept).toEqual(seen)
    expect(kept).toEqual(lines.slice(0, kept.length))
    expect(journal.recovery.damage).toBeUndefined()
    expect(journal.append(7, Buffer.from('next'))).toBe(kept.length + 1)
  }
  const expected = [...seen, `${seen.length + 1}:7:next`]
  await using journal = await openJournal(directory, { disk: hastyDisk })
  expect(await linesOf(journal)).toEqual(expected)
  expect(journal.recovery).toEqual({ lostBytes: 0 })
  return seen.length
}

async function copyDirectory(from: string, to: string): Promise<void> {
  await mkdir(to)
  for (const name of await readdir(from)) if (name.endsWith('.segment')) await copyFile(join(from, name), join(to, name))
}

async function flip(path: string, at: number): Promise<void> {
  const bytes = await readFile(path)
  bytes[at] = (bytes[at] ?? 0) ^ 0xff
  await writeFile(path, bytes)
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index)

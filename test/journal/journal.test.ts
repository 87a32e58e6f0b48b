import { describe, expect, test } from 'bun:test'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { Journal } from '../../src/lib/journal/journal.ts'
import { FakeClock } from '../helpers/fake-clock.ts'
import { poll } from '../helpers/poll.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { diskError, FaultyDisk } from './faulty-disk.ts'
import { linesIn, linesOf, openJournal, segmentAt } from './open-journal.ts'

describe('Journal', () => {
  test('numbers records, gives them back in order and goes on after it was closed', async () => {
    await using dir = await tempDir()
    const path = join(dir.path, 'runs')
    {
      await using journal = await openJournal(path)
      expect(journal.append(1, Buffer.from('intent'))).toBe(1)
      expect(journal.append(2, { host: 'web01', outcome: 'changed' })).toBe(2)
      expect(await linesOf(journal)).toEqual(['1:1:intent', '2:2:{"host":"web01","outcome":"changed"}'])
    }
    await using journal = await openJournal(path)
    expect(journal.recovery).toEqual({ lostBytes: 0 })
    expect(journal.append(3, Buffer.alloc(0))).toBe(3)
    expect(await linesOf(journal, { from: 2 })).toEqual(['2:2:{"host":"web01","outcome":"changed"}', '3:3:'])
  })

  test('keeps its directory and files private', async () => {
    await using dir = await tempDir()
    const path = join(dir.path, 'state', 'runs')
    await using journal = await openJournal(path)
    journal.append(1, 'x')
    await journal.sync()
    await journal.moveCursor('ledger', 1)
    expect((await stat(path)).mode & 0o777).toBe(0o700)
    const modes = await Promise.all((await readdir(path)).map(async name => (await stat(join(path, name))).mode & 0o777))
    expect(modes).toEqual([0o600, 0o600, 0o600])
  })

  test('begins a new segment when one is full, and reads across them from any record', async () => {
    await using dir = await tempDir()
    await using journal = await openJournal(dir.path, { segmentBytes: 200 })
    for (let index = 1; index <= 40; index++) {
      journal.append(index, Buffer.from(`record ${index}`))
      if (index % 3 === 0) await journal.flush()
    }
    const lines = await linesOf(journal)
    expect(lines).toHaveLength(40)
    const { segments } = await Journal.inspect(dir.path)
    expect(segments.length).toBeGreaterThan(5)
    expect(segments.every(segment => segment.bytes <= 200)).toBe(true)
    for (let from = 1; from <= 41; from++) expect(await linesOf(journal, { from })).toEqual(lines.slice(from - 1))
  })

  test('takes records larger than a segment and than its read window', async () => {
    await using dir = await tempDir()
    await using journal = await openJournal(dir.path, { segmentBytes: 4096 })
    const large = Buffer.alloc(700_000, 'log line\n')
    for (const payload of ['before', large, 'between', large, 'after']) journal.append(1, Buffer.from(payload))
    const read = await Array.fromAsync(journal.read())
    expect(read.map(record => record.payload.length)).toEqual([6, 700_000, 7, 700_000, 5])
    expect(Buffer.from(read[3]?.payload ?? []).equals(large)).toBe(true)
    expect(() => journal.append(1, Buffer.alloc(64 * 1024 * 1024 + 1))).toThrow('too large')
  })

  test('can be inspected and read while it is written to', async () => {
    await using dir = await tempDir()
    await using journal = await openJournal(dir.path, { segmentBytes: 2000 })
    expect(await Journal.inspect(join(dir.path, 'none'))).toMatchObject({ segments: [], first: 1, next: 1, bytes: 0 })
    for (let index = 1; index <= 200; index++) {
      journal.append(1, `record ${index}`)
      await journal.flush()
      if (index % 10 !== 0) continue
      const inspection = await Journal.inspect(dir.path)
      expect(inspection).toMatchObject({ first: 1, next: index + 1, tornBytes: 0 })
      expect(await linesOf(inspection)).toHaveLength(index)
    }
  })

  test('has one writer at a time', async () => {
    await using dir = await tempDir()
    const path = join(dir.path, 'runs')
    {
      await using _journal = await openJournal(path)
      await expect(openJournal(path)).rejects.toMatchObject({ code: 'E_LOCKED', data: { runId: 'run-1' } })
    }
    await using _again = await openJournal(path)
  })

  test('writes everything that was appended in one go with one write', async () => {
    await using dir = await tempDir()
    const disk = new FaultyDisk()
    await using journal = await openJournal(dir.path, { disk })
    journal.append(1, 'the first makes the segment')
    await journal.flush()
    disk.writes = 0
    for (let index = 0; index < 1000; index++) journal.append(1, `record ${index}`)
    await journal.flush()
    expect(disk.writes).toBe(1)
  })

  test('shares one fsync among all who ask while one is under way', async () => {
    await using dir = await tempDir()
    const disk = new FaultyDisk()
    await using journal = await openJournal(dir.path, { disk })
    journal.append(1, 'the first makes the segment')
    await journal.sync()
    disk.syncs = 0
    const appendAndSync = async (index: number): Promise<void> => {
      journal.append(1, `record ${index}`)
      await journal.sync()
    }
    const first = appendAndSync(0)
    await new Promise(resolve => setImmediate(resolve))
    await Promise.all([first, ...Array.from({ length: 100 }, (_, index) => appendAndSync(index))])
    expect(disk.syncs).toBe(2)
    await journal.sync()
    expect(disk.syncs).toBe(2)
  })

  test('does not acknowledge before the fsync that covers the record has ended', async () => {
    await using dir = await tempDir()
    const points: string[] = []
    await using journal = await openJournal(dir.path, { onPoint: point => points.push(point) })
    journal.append(1, 'intent')
    await journal.sync()
    points.push('acknowledged')
    expect(points).toEqual(['before-write', 'after-write', 'before-fsync', 'after-fsync', 'acknowledged'])
  })

  test.each([
    ['always', 3],
    ['never', 0],
  ] as const)('with the policy %s, three separate writes cost %d fsyncs that nobody asked for', async (fsync, syncs) => {
    await using dir = await tempDir()
    const disk = new FaultyDisk()
    const points: string[] = []
    await using journal = await openJournal(dir.path, { disk, fsync, onPoint: point => points.push(point) })
    journal.append(1, 'the first makes the segment')
    await journal.sync()
    disk.syncs = 0
    for (const text of ['a', 'b', 'c']) {
      journal.append(1, text)
      await journal.flush()
      if (syncs > 0) await poll('its fsync', 5000, () => points.at(-1) === 'after-fsync')
    }
    expect(disk.syncs).toBe(syncs)
  })

  test('with an interval, everything is on disk when it has passed, and an idle journal syncs nothing', async () => {
    await using dir = await tempDir()
    const clock = new FakeClock()
    const points: string[] = []
    await using journal = await openJournal(dir.path, { clock, fsync: { everyMs: 1000 }, onPoint: point => points.push(point) })
    const syncs = (): number => points.filter(point => point === 'after-fsync').length
    journal.append(1, 'a')
    await journal.flush()
    await clock.advance(999)
    expect(points).not.toContain('before-fsync')
    await clock.advance(1)
    await poll('the fsync of the interval', 5000, () => syncs() === 1)
    await journal.sync()
    await clock.advance(10_000)
    expect(syncs()).toBe(1)
    expect(clock.timers).toBe(0)
  })

  test('after a write that failed keeps the records, tells the one who waits, and writes them once that works', async () => {
    await using dir = await tempDir()
    const disk = new FaultyDisk()
    const errors: unknown[] = []
    await using journal = await openJournal(dir.path, { disk, onError: error => errors.push(error) })
    journal.append(1, 'safe')
    await journal.sync()
    disk.before = () => {
      throw diskError('ENOSPC')
    }
    journal.append(1, 'waits')
    await expect(journal.sync()).rejects.toMatchObject({ code: 'E_STATE', exit: 74, data: { errno: 'ENOSPC' } })
    expect(errors).toEqual([])
    journal.append(1, 'waits too')
    expect(await linesOf(journal)).toEqual(['1:1:"safe"'])
    disk.before = () => {}
    await journal.sync()
    expect(await linesOf(journal)).toEqual(['1:1:"safe"', '2:1:"waits"', '3:1:"waits too"'])
  })

  test('tells a failure that nobody waits for to onError, and bounds what waits in memory', async () => {
    await using dir = await tempDir()
    const disk = new FaultyDisk()
    const errors: unknown[] = []
    await using journal = await openJournal(dir.path, { disk, bufferBytes: 2000, onError: error => errors.push(error) })
    disk.before = () => {
      throw diskError('EIO')
    }
    journal.append(1, 'x')
    await poll('the failure to be told', 5000, () => errors.length > 0)
    expect(errors).toMatchObject([{ code: 'E_STATE', data: { errno: 'EIO' } }])
    const fill = (): void => {
      for (let index = 0; index < 100; index++) journal.append(1, 'x'.repeat(50))
    }
    expect(fill).toThrow('takes no more records')
    expect(journal.isFull).toBe(true)
    disk.before = () => {}
    await journal.flush()
    expect(journal.isFull).toBe(false)
    const next = journal.append(1, 'fits again')
    expect((await linesOf(journal)).at(-1)).toBe(`${next}:1:"fits again"`)
  })

  test('takes no more records after a failed fsync, because nobody knows what is on disk then', async () => {
    await using dir = await tempDir()
    const disk = new FaultyDisk()
    const broken = await openJournal(dir.path, { disk })
    broken.append(1, 'safe')
    await broken.sync()
    disk.before = operation => {
      if (operation === 'sync') throw diskError('EIO')
    }
    broken.append(1, 'unknown')
    await expect(broken.sync()).rejects.toMatchObject({ code: 'E_STATE', data: { errno: 'EIO' } })
    disk.before = () => {}
    broken.append(1, 'too late')
    await expect(broken.sync()).rejects.toThrow('syncing it failed before')
    await expect(broken[Symbol.asyncDispose]()).rejects.toThrow('syncing it failed before')
    await using journal = await openJournal(dir.path)
    expect((await linesOf(journal))[0]).toBe('1:1:"safe"')
    journal.append(1, 'works')
    await journal.sync()
  })

  test('refuses to be used after its close', async () => {
    await using dir = await tempDir()
    const journal = await openJournal(dir.path)
    await journal[Symbol.asyncDispose]()
    await journal[Symbol.asyncDispose]()
    expect(() => journal.append(1, 'late')).toThrow('after its close')
  })

  test('does not touch a journal of a later format', async () => {
    await using dir = await tempDir()
    {
      await using journal = await openJournal(dir.path)
      journal.append(1, 'x')
    }
    const path = segmentAt(dir.path, 1)
    const bytes = Buffer.from(await Bun.file(path).arrayBuffer())
    bytes.writeUInt32LE(2, 8)
    bytes.writeUInt32LE(crc32(bytes.subarray(0, 28)), 28)
    await Bun.write(path, bytes)
    await expect(openJournal(dir.path)).rejects.toThrow('has format 2 and this opsctl reads format 1')
    await expect(linesIn(dir.path)).rejects.toMatchObject({ code: 'E_STATE' })
  })
})

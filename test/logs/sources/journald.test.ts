import { describe, expect, test } from 'bun:test'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import fc from 'fast-check'
import type { Json } from '../../../src/lib/core/json.ts'
import { ExportReader } from '../../../src/lib/logs/sources/journald/export-reader.ts'
import { journalRecord } from '../../../src/lib/logs/sources/journald/journal-record.ts'
import journald from '../../../src/lib/logs/sources/journald.ts'
import { needs } from '../../helpers/needs.ts'
import { tempDir } from '../../helpers/temp-dir.ts'
import { Memory } from './file/follower.ts'
import { entry, exported } from './journal-export.ts'
import { Taker, type TakerOptions } from './taker.ts'

describe('the export format of a journal', () => {
  test('is read however it comes in pieces, binary values too', () => {
    const name = fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,8}$/)
    const field = fc.tuple(name, fc.uint8Array({ maxLength: 40 }))
    const entries = fc.array(fc.array(field, { minLength: 1, maxLength: 6 }), { maxLength: 5 })
    fc.assert(
      fc.property(entries, fc.boolean(), fc.integer({ min: 1, max: 50 }), (sent, binary, step) => {
        const whole = Buffer.concat(sent.map(fields => exported(fields, binary)))
        const reader = new ExportReader()
        const read = []
        for (let at = 0; at < whole.length; at += step) read.push(...reader.add(whole.subarray(at, at + step)))
        const plain = (fields: readonly (readonly [string, Uint8Array])[]) => fields.map(([key, value]) => [key, [...value]])
        expect(read.map(({ fields }) => plain(fields))).toEqual(sent.map(plain))
        expect(read.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(whole.length)
        expect(reader.isWithinEntry).toBe(false)
      }),
    )
  })

  test('becomes records with the names that people look for', () => {
    const [first] = new ExportReader().add(
      entry(0, 'it broke\n  at one', [
        ['ORDER', '7'],
        ['TAG', 'a'],
        ['TAG', 'b'],
      ]),
    )
    const record = {
      time: '2025-03-09T06:05:01.000042Z',
      host: 'web1',
      app: 'shop',
      pid: 812,
      unit: 'shop.service',
      severity: 'err',
      priority: 3,
      message: 'it broke\n  at one',
    }
    expect(first && journalRecord(first, { all: false })).toMatchObject(record)
    expect(first && journalRecord(first, { all: true })).toMatchObject({ ...record, journal: { ORDER: '7', TAG: ['a', 'b'] } })
  })
})

/** Journal files of a directory, written by systemd's own program. */
function write(directory: string, name: string, entries: readonly Buffer[]): void {
  const file = join(directory, `${name}.journal`)
  const program = '/lib/systemd/systemd-journal-remote'
  const { status, stderr } = spawnSync(program, ['--output', file, '-'], { input: Buffer.concat(entries), encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
}

const read = (params: Readonly<Record<string, Json>>, options: TakerOptions = {}): Taker =>
  new Taker(journald.build(params), options)
const messages = ({ lines }: Taker): string[] => lines.map(line => JSON.parse(line).message)

describe.skipIf(!needs('journalctl') || !needs('journal-remote'))('the source journald', () => {
  test('reads a journal once, and goes on behind what was read', async () => {
    await using directory = await tempDir()
    const memory = new Memory()
    write(directory.path, 'a', [entry(0, 'one'), entry(1, 'two\nlines'), entry(2, 'three')])
    const first = read({ directory: directory.path }, { memory })
    await first.ended
    expect(messages(first)).toEqual(['one', 'two\nlines', 'three'])
    const again = read({ directory: directory.path }, { memory })
    await again.ended
    expect(again.lines).toEqual([])
    write(directory.path, 'a', [entry(3, 'four')])
    const later = read({ directory: directory.path }, { memory })
    await later.ended
    expect(messages(later)).toEqual(['four'])
    expect([...first.told, ...again.told, ...later.told]).toEqual([])
  }, 60_000)

  test('follows a journal that grows', async () => {
    await using directory = await tempDir()
    write(directory.path, 'a', [entry(0, 'one')])
    await using taker = read({ directory: directory.path }, { follow: true })
    await taker.until('the first is there', ({ lines }) => lines.length === 1)
    write(directory.path, 'a', [entry(1, 'two')])
    await taker.until('the second is there', ({ lines }) => lines.length === 2)
    expect(messages(taker)).toEqual(['one', 'two'])
  }, 60_000)

  test('begins at the end where that is asked for, also when nothing came in the first run', async () => {
    await using directory = await tempDir()
    const memory = new Memory()
    write(directory.path, 'a', [entry(0, 'one')])
    const params = { directory: directory.path, start: 'end' }
    const first = read(params, { memory })
    await first.ended
    write(directory.path, 'a', [entry(1, 'two')])
    const second = read(params, { memory })
    await second.ended
    expect([messages(first), messages(second)]).toEqual([[], ['two']])
  }, 60_000)

  test('chooses by unit, field and priority', async () => {
    await using directory = await tempDir()
    write(directory.path, 'a', [entry(0, 'of the shop'), entry(1, 'of an order', [['ORDER', '7']])])
    const found = async (params: Readonly<Record<string, Json>>): Promise<string[]> => {
      const taker = read({ directory: directory.path, ...params })
      await taker.ended
      return messages(taker)
    }
    expect(await found({ match: ['ORDER=7'] })).toEqual(['of an order'])
    expect(await found({ units: ['shop'] })).toEqual(['of the shop', 'of an order'])
    expect(await found({ units: ['mail.service'] })).toEqual([])
    expect(await found({ priority: 'crit' })).toEqual([])
  }, 60_000)

  test('tells where the journal was rotated away below it', async () => {
    await using directory = await tempDir()
    const memory = new Memory()
    write(directory.path, 'a', [entry(0, 'one'), entry(1, 'two')])
    await read({ directory: directory.path }, { memory }).ended
    spawnSync('rm', [join(directory.path, 'a.journal')])
    write(directory.path, 'b', [entry(5, 'six')])
    const later = read({ directory: directory.path }, { memory })
    await later.ended
    expect(messages(later)).toEqual(['six'])
    expect(later.told).toMatchObject([{ kind: 'gap', reason: 'the journal no longer had the entry that was read last' }])
  }, 60_000)

  test('cuts lines where an earlier process was to send them', async () => {
    await using directory = await tempDir()
    const memory = new Memory()
    const entries = [entry(0, 'one'), entry(1, 'two'), entry(2, 'three')]
    write(directory.path, 'a', entries)
    await read({ directory: directory.path }, { memory }).ended
    const [row] = memory.streams.values()
    if (row === undefined) throw new Error('no stream')
    const end = row.at
    Object.assign(row, { at: 0, token: undefined, sending: 1 })
    const events: number[] = []
    const taker = read({ directory: directory.path }, { memory, takes: async () => void events.push(row.at) })
    await taker.ended
    expect(events.length).toBe(2)
    expect(events.at(-1)).toBe(end)
  }, 60_000)

  test('tells why a journal can not be read', async () => {
    await expect(read({ file: '/nonexistent/a.journal' }).ended).rejects.toThrow('the journal could not be read')
  }, 60_000)
})

test.each([
  [{ match: ['order=7'] }, 'is no FIELD=value'],
  [{ units: ['--root=/'] }, 'does not begin with a dash'],
  [{ boot: 'last' }, 'is no number or id of a boot'],
])('the source journald refuses %p', (params, message) => {
  expect(() => journald.build(params)).toThrow(message)
})

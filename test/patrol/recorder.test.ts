import { describe, expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Alert } from '../../src/lib/core/alert.ts'
import { History } from '../../src/lib/patrol/history/history.ts'
import { incidents, lastLooks } from '../../src/lib/patrol/history/read-history.ts'
import { Recorder } from '../../src/lib/patrol/recorder.ts'
import { FakeClock } from '../helpers/fake-clock.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { bad, good, Patrolled } from './patrolled.ts'

const minute = 60_000

/** As a full disk does: nothing is written until it is well again. */
const writable = (history: History, isWritable: boolean): void =>
  history.database.exec(`PRAGMA query_only = ${isWritable ? 'OFF' : 'ON'}`)

describe('a patrol whose disk takes nothing', () => {
  test('tells of incidents and of their ends all the same, once', async () => {
    await using dir = await tempDir()
    await using patrolled = new Patrolled(dir.path)
    patrolled.patrol.apply([patrolled.check('db'), patrolled.check('web')])
    await patrolled.clock.advance(minute)
    writable(patrolled.history, false)
    patrolled.answers['db'] = bad
    patrolled.answers['web'] = bad
    await patrolled.clock.advance(minute)
    patrolled.answers['web'] = good
    await patrolled.clock.advance(10 * minute)
    expect(patrolled.told.toSorted()).toEqual([
      'firing db: connection refused',
      'firing web: connection refused',
      'resolved web: well again',
    ])
    expect(patrolled.recorder.failures).toBeGreaterThan(0)
  })

  test('writes all of it when there is room again, and a restart knows it', async () => {
    await using dir = await tempDir()
    const first = new Patrolled(dir.path)
    first.patrol.apply([first.check('db'), first.check('web'), first.check('gone')])
    await first.clock.advance(minute)
    writable(first.history, false)
    first.answers['db'] = bad
    await first.clock.advance(minute)
    first.patrol.apply([first.check('db'), first.check('web')])
    first.recorder.beat('backup', { at: first.clock.now() })
    first.recorder.await('restore', first.clock.now())
    await first.clock.advance(minute)
    writable(first.history, true)
    await first.clock.advance(5000)
    expect(lastLooks(first.history, 'web').length).toBeGreaterThan(15)
    expect(incidents(first.history)).toMatchObject([{ watched: 'db' }])
    expect([...first.history.beats()].map(([name]) => name)).toEqual(['backup'])
    expect([...first.history.awaited().keys()]).toEqual(['restore'])
    expect([...first.history.saved()].map(([id]) => id).sort()).toEqual(['db', 'web'])
    expect(first.history.outbox()).toEqual([])
    const [{ incident } = { incident: '' }] = first.alerts
    await first[Symbol.asyncDispose]()
    await using second = new Patrolled(dir.path, new FakeClock(first.clock.now()))
    second.answers['db'] = bad
    second.patrol.apply([second.check('db'), second.check('web')])
    await second.clock.advance(minute)
    expect(second.told).toEqual([])
    expect(second.watch('db').standing.incident?.id).toBe(incident)
  })
})

describe('alerts that nobody takes into care', () => {
  test('are handed on again every second by one timer, and told of in the log once', async () => {
    await using dir = await tempDir()
    const clock = new FakeClock()
    using history = new History(join(dir.path, 'history.db'))
    const lines: string[] = []
    let attempts = 0
    let isTaking = false
    const alert = (incident: string): Alert => ({
      ...{ incident, status: 'firing', severity: 'warning', summary: 'db: connection refused', labels: {} },
      startedAt: '2026-03-29T01:30:00Z',
    })
    await using patrolled = new Patrolled(join(dir.path, '.'))
    patrolled.patrol.apply([patrolled.check('db')])
    const { standing } = patrolled.watch('db')
    await using recorder = new Recorder({
      clock,
      log: (_, line) => void lines.push(line),
      history,
      raise: async () => {
        attempts++
        if (!isTaking) throw new Error('no space left on device')
      },
    })
    for (let each = 0; each < 50; each++) {
      recorder.add({ id: 'db', standing, due: {}, alert: alert(`prb-${each}`) })
      await clock.advance(200)
    }
    expect(attempts).toBeLessThan(75)
    expect(clock.timers).toBeLessThanOrEqual(2)
    expect(lines).toEqual(['alerts wait to be handed on: no space left on device'])
    isTaking = true
    await clock.advance(2000)
    expect(history.outbox()).toEqual([])
    expect(lines).toHaveLength(2)
  })
})

describe('the history', () => {
  test.each([
    ['is no database', () => Buffer.from('checks: [{ type: memory }]\n'.repeat(500))],
    ['has damaged pages', (bytes: Buffer) => bytes.fill(0xa5, 4096, bytes.length)],
    ['was cut', (bytes: Buffer) => bytes.subarray(0, 5000)],
    ['has damaged text', (bytes: Buffer) => Buffer.from(bytes.toString('latin1').replaceAll('"looks":', '"looks";'), 'latin1')],
  ])('of a file that %s says so, and what to do', async (_, damage) => {
    await using dir = await tempDir()
    const first = new Patrolled(dir.path)
    first.patrol.apply(Array.from({ length: 50 }, (_, index) => first.check(`shop-${index}`)))
    await first.clock.advance(minute)
    await first[Symbol.asyncDispose]()
    const path = join(dir.path, 'history.db')
    writeFileSync(path, damage(Buffer.from(await Bun.file(path).arrayBuffer())))
    expect(() => new Patrolled(dir.path)).toThrow(
      expect.objectContaining({ code: 'E_STATE', message: expect.stringContaining(path), hint: expect.stringContaining('move') }),
    )
  })

  test('of a newer opsctl is left as it is', async () => {
    await using dir = await tempDir()
    using history = new History(join(dir.path, 'history.db'))
    history.database.exec('PRAGMA user_version = 7')
    expect(() => new History(join(dir.path, 'history.db'))).toThrow(/is of form 7, and this opsctl knows form 1/)
  })

  test('begins again where a kill left an empty file', async () => {
    await using dir = await tempDir()
    writeFileSync(join(dir.path, 'history.db'), '')
    using history = new History(join(dir.path, 'history.db'))
    expect([...history.saved()]).toEqual([])
  })

  test('forgets a check that is gone for a week, its hours after 91 days, and keeps what is asked for', async () => {
    await using dir = await tempDir()
    const day = 86_400_000
    const first = new Patrolled(dir.path)
    first.patrol.apply([first.check('old', { intervalMs: minute }), first.check('stays', { intervalMs: minute })])
    await first.clock.advance(5 * minute)
    first.patrol.apply([first.check('stays', { intervalMs: minute })])
    await first[Symbol.asyncDispose]()
    const now = first.clock.now()
    using history = new History(join(dir.path, 'history.db'))
    const counts = (): unknown[] =>
      ['watched', 'result', 'hour'].map(
        table => history.database.prepare(`SELECT count(DISTINCT key) AS n FROM ${table}`).get()?.['n'],
      )
    history.prune(now + 6 * day)
    expect(counts()).toEqual([2, 2, 2])
    history.prune(now + 8 * day)
    expect(counts()).toEqual([1, 1, 1])
    expect(history.keyOf('old')).toBeUndefined()
    history.prune(now + 92 * day)
    expect(counts()).toEqual([1, 1, 0])
  })
})

import { describe, expect, test } from 'bun:test'
import { statSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { hostNamed } from '../../src/lib/core/host.ts'
import { incidents, lastFailures, lastLooks } from '../../src/lib/patrol/history/read-history.ts'
import { FakeClock } from '../helpers/fake-clock.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { bad, good, Patrolled } from './patrolled.ts'

const minute = 60_000

describe('a patrol', () => {
  test('looks at every check in each of its intervals', async () => {
    await using dir = await tempDir()
    await using patrolled = new Patrolled(dir.path)
    patrolled.patrol.apply([patrolled.check('fast', { intervalMs: 5000 }), patrolled.check('slow', { intervalMs: 30_000 })])
    await patrolled.clock.advance(5 * minute)
    expect(patrolled.looksAt('fast')).toBeWithin(58, 63)
    expect(patrolled.looksAt('slow')).toBeWithin(9, 12)
  })

  test('tells of an incident once when it begins and once when it is over', async () => {
    await using dir = await tempDir()
    await using patrolled = new Patrolled(dir.path)
    patrolled.patrol.apply([patrolled.check('db')])
    await patrolled.clock.advance(minute)
    patrolled.answers['db'] = bad
    await patrolled.clock.advance(10 * minute)
    patrolled.answers['db'] = good
    await patrolled.clock.advance(10 * minute)
    expect(patrolled.told).toEqual(['firing db: connection refused', 'resolved db: well again'])
    expect(new Set(patrolled.alerts.map(({ incident }) => incident)).size).toBe(1)
    expect(incidents(patrolled.history)).toMatchObject([
      { watched: 'db', severity: 'warning', reason: 'refused', endedAt: expect.any(Number) },
    ])
  })

  test('confirms a bad answer at once, as often as the check wants, before it counts', async () => {
    await using dir = await tempDir()
    await using patrolled = new Patrolled(dir.path)
    patrolled.patrol.apply([patrolled.check('db', { retries: 2, intervalMs: minute })])
    await patrolled.clock.advance(2 * minute)
    let fails = 0
    patrolled.answers['db'] = async () => (++fails <= 2 ? bad : good)
    await patrolled.clock.advance(2 * minute)
    expect(patrolled.told).toEqual([])
    expect(patrolled.watch('db').standing.badLooks).toBe(2)
    patrolled.answers['db'] = bad
    await patrolled.clock.advance(minute + 5000)
    expect(patrolled.told).toEqual(['firing db: connection refused'])
  })

  test('ends no incident before enough good looks in a row', async () => {
    await using dir = await tempDir()
    await using patrolled = new Patrolled(dir.path)
    patrolled.patrol.apply([patrolled.check('db', { recoveries: 3 })])
    patrolled.answers['db'] = bad
    await patrolled.clock.advance(minute)
    let looks = 0
    patrolled.answers['db'] = async () => (++looks % 3 === 0 ? bad : good)
    await patrolled.clock.advance(10 * minute)
    expect(patrolled.told).toEqual(['firing db: connection refused'])
    patrolled.answers['db'] = good
    await patrolled.clock.advance(10 * minute)
    expect(patrolled.told).toHaveLength(2)
  })

  test('knows nothing of a check whose look goes wrong, and says so', async () => {
    await using dir = await tempDir()
    await using patrolled = new Patrolled(dir.path)
    patrolled.patrol.apply([patrolled.check('db')])
    await patrolled.clock.advance(minute)
    patrolled.answers['db'] = async () => {
      throw new TypeError('undefined is not an object')
    }
    await patrolled.clock.advance(minute)
    expect(patrolled.told).toEqual(['firing db: opsctl went wrong: undefined is not an object'])
    expect(patrolled.looksAt('db')).toBeWithin(11, 14)
    patrolled.answers['db'] = good
    await patrolled.clock.advance(minute)
    expect(patrolled.told).toHaveLength(2)
  })

  test('keeps an incident open while the check flaps', async () => {
    await using dir = await tempDir()
    await using patrolled = new Patrolled(dir.path)
    patrolled.patrol.apply([patrolled.check('db', { recoveries: 1 })])
    let looks = 0
    patrolled.answers['db'] = async () => (Math.floor(++looks / 2) % 2 === 0 ? bad : good)
    await patrolled.clock.advance(30 * minute)
    const whileFlapping = patrolled.told.length
    expect(patrolled.watch('db').standing.flapping.isFlapping).toBe(true)
    expect(whileFlapping).toBeLessThan(12)
    expect(patrolled.told.at(-1)).toStartWith('firing')
    patrolled.answers['db'] = good
    await patrolled.clock.advance(10 * minute)
    expect(patrolled.told).toHaveLength(whileFlapping + 1)
    expect(patrolled.told.at(-1)).toBe('resolved db: well again')
  })

  test('counts N bad looks of the last M', async () => {
    await using dir = await tempDir()
    await using patrolled = new Patrolled(dir.path)
    patrolled.patrol.apply([patrolled.check('db', { failures: 3, of: 5 })])
    await patrolled.clock.advance(minute)
    const script = [bad, good, bad, good, good, bad, good, good, bad, bad, good, bad]
    patrolled.answers['db'] = async () => script.shift() ?? good
    while (script.length > 3) await patrolled.clock.advance(1000)
    expect(patrolled.told).toEqual([])
    await patrolled.clock.advance(minute)
    expect(patrolled.told[0]).toBe('firing db: connection refused')
  })

  test('raises an incident that grows more severe, and not one that grows less', async () => {
    await using dir = await tempDir()
    await using patrolled = new Patrolled(dir.path)
    patrolled.patrol.apply([patrolled.check('disk', { sla: 'P0' })])
    patrolled.answers['disk'] = { verdict: 'warn', reason: 'threshold', message: '85 % used' }
    await patrolled.clock.advance(minute)
    patrolled.answers['disk'] = { verdict: 'fail', reason: 'threshold', message: '95 % used' }
    await patrolled.clock.advance(minute)
    patrolled.answers['disk'] = { verdict: 'warn', reason: 'threshold', message: '85 % used' }
    await patrolled.clock.advance(minute)
    expect(patrolled.alerts.map(({ severity, summary }) => [severity, summary])).toEqual([
      ['warning', 'disk: 85 % used'],
      ['critical', 'disk: 95 % used'],
    ])
    expect(new Set(patrolled.alerts.map(({ incident }) => incident)).size).toBe(1)
  })
})

describe('a check that depends on another', () => {
  test('is not looked at while that is bad, and nobody is told of it', async () => {
    await using dir = await tempDir()
    await using patrolled = new Patrolled(dir.path)
    patrolled.patrol.apply([patrolled.check('router'), patrolled.check('web', { dependsOn: ['router'] })])
    await patrolled.clock.advance(minute)
    patrolled.answers['router'] = bad
    patrolled.answers['web'] = bad
    await patrolled.clock.advance(5 * minute)
    const before = patrolled.looksAt('web')
    await patrolled.clock.advance(5 * minute)
    expect(patrolled.looksAt('web')).toBe(before)
    expect(patrolled.told).toEqual(['firing router: connection refused'])
    expect(patrolled.watch('web').standing.suppressed?.by).toBe('router')
    patrolled.answers['router'] = good
    patrolled.answers['web'] = good
    await patrolled.clock.advance(5 * minute)
    expect(patrolled.told).toEqual(['firing router: connection refused', 'resolved router: well again'])
    expect(patrolled.watch('web').standing.suppressed).toBeUndefined()
  })

  test('asks first whether that is to blame, when it is the first to fail', async () => {
    await using dir = await tempDir()
    await using patrolled = new Patrolled(dir.path)
    const slow = patrolled.check('router', { intervalMs: 10 * minute })
    patrolled.patrol.apply([slow, patrolled.check('web', { dependsOn: ['router'], intervalMs: 5000 })])
    await patrolled.clock.advance(minute)
    patrolled.answers['router'] = bad
    patrolled.answers['web'] = bad
    await patrolled.clock.advance(minute)
    expect(patrolled.told).toEqual(['firing router: connection refused'])
  })

  test('is told of by itself where that is well', async () => {
    await using dir = await tempDir()
    await using patrolled = new Patrolled(dir.path)
    patrolled.patrol.apply([
      patrolled.check('router', { intervalMs: 10 * minute }),
      patrolled.check('web', { dependsOn: ['router'] }),
    ])
    await patrolled.clock.advance(minute)
    patrolled.answers['web'] = bad
    await patrolled.clock.advance(minute)
    expect(patrolled.told).toEqual(['firing web: connection refused'])
  })

  test('of the same host only, where both look at hosts', async () => {
    await using dir = await tempDir()
    await using patrolled = new Patrolled(dir.path)
    const hosts = [hostNamed('web1'), hostNamed('web2')]
    patrolled.answers['port'] = bad
    patrolled.patrol.apply([
      patrolled.check('port', { hosts: [hosts[0] ?? hostNamed('web1')] }),
      patrolled.check('app', { hosts, dependsOn: ['port'] }),
    ])
    await patrolled.clock.advance(3 * minute)
    expect(patrolled.watch('web1/app').standing.suppressed?.by).toBe('web1/port')
    expect(patrolled.watch('web2/app').standing.suppressed).toBeUndefined()
  })
})

describe('a patrol that begins again', () => {
  test('knows every streak, and tells nothing twice', async () => {
    await using dir = await tempDir()
    const clock = new FakeClock()
    const first = new Patrolled(dir.path, clock)
    first.answers['db'] = bad
    first.patrol.apply([first.check('db'), first.check('web', { failures: 5, of: 5 })])
    first.answers['web'] = bad
    while (first.looksAt('web') < 3) await clock.advance(100)
    await clock.advance(200)
    expect(first.told).toEqual(['firing db: connection refused'])
    // As after kill -9: nothing is said goodbye to, but that what waits has its tenth of a second.
    first.history[Symbol.dispose]()
    const second = new Patrolled(dir.path, new FakeClock(clock.now()))
    second.answers['db'] = bad
    second.answers['web'] = bad
    second.patrol.apply([second.check('db'), second.check('web', { failures: 5, of: 5 })])
    while (second.looksAt('web') < 2) await second.clock.advance(100)
    await second.clock.advance(200)
    expect(second.told).toEqual(['firing web: connection refused'])
    expect(second.watch('db').standing.incident?.id).toBe(first.alerts[0]?.incident ?? '')
    await second[Symbol.asyncDispose]()
  })

  test('looks when it is due and not at once, and spreads what is overdue', async () => {
    await using dir = await tempDir()
    const first = new Patrolled(dir.path)
    const names = Array.from({ length: 60 }, (_, index) => `check-${index}`)
    const checksOf = (patrolled: Patrolled) => names.map(name => patrolled.check(name, { intervalMs: minute }))
    first.patrol.apply(checksOf(first))
    await first.clock.advance(5 * minute)
    await first[Symbol.asyncDispose]()
    for (const pausedMs of [1000, 60 * minute]) {
      const patrolled = new Patrolled(dir.path, new FakeClock(first.clock.now() + pausedMs))
      patrolled.patrol.apply(checksOf(patrolled))
      await patrolled.clock.advance(minute)
      expect(new Set(patrolled.looks.map(({ name }) => name)).size).toBe(60)
      const busiest = Math.max(
        ...Map.groupBy(patrolled.looks, ({ at }) => Math.floor(at / 1000))
          .values()
          .map(group => group.length),
      )
      expect(busiest).toBeLessThanOrEqual(12)
      patrolled.history[Symbol.dispose]()
    }
  })

  test('with a clock that was set by an hour either way looks within the interval', async () => {
    for (const setMs of [60 * minute, -60 * minute]) {
      await using dir = await tempDir()
      const first = new Patrolled(dir.path)
      first.patrol.apply([first.check('db', { intervalMs: minute })])
      await first.clock.advance(5 * minute)
      await first[Symbol.asyncDispose]()
      await using second = new Patrolled(dir.path, new FakeClock(first.clock.now() + setMs))
      second.patrol.apply([second.check('db', { intervalMs: minute })])
      await second.clock.advance(minute)
      expect(second.looksAt('db')).toBeWithin(1, 3)
    }
  })

  test('tells the end of an incident with the labels of its beginning, whatever became of the check', async () => {
    await using dir = await tempDir()
    const first = new Patrolled(dir.path)
    const team = (name: string) => ({ labels: { team: name }, version: name })
    first.answers['db'] = bad
    first.answers['web'] = bad
    first.patrol.apply([
      { ...first.check('db'), ...team('shop') },
      { ...first.check('web'), ...team('shop') },
    ])
    await first.clock.advance(minute)
    await first[Symbol.asyncDispose]()
    await using second = new Patrolled(dir.path, new FakeClock(first.clock.now()))
    second.patrol.apply([{ ...second.check('web'), ...team('payments') }])
    await second.clock.advance(minute)
    expect(second.alerts.map(({ status, labels }) => [status, labels])).toEqual(
      ['db', 'web'].map(check => ['resolved', { team: 'shop', check, type: 'tcp', sla: 'P1' }]),
    )
  })

  test('ends the incidents of checks that nobody asks for any more', async () => {
    await using dir = await tempDir()
    const first = new Patrolled(dir.path)
    first.answers['db'] = bad
    first.patrol.apply([first.check('db'), first.check('web')])
    await first.clock.advance(minute)
    await first[Symbol.asyncDispose]()
    await using second = new Patrolled(dir.path, new FakeClock(first.clock.now()))
    second.patrol.apply([second.check('web')])
    await second.clock.advance(1000)
    expect(second.told).toEqual(['resolved db: no longer watched'])
    expect(second.alerts[0]?.incident).toBe(first.alerts[0]?.incident)
  })
})

/** Its time for people can be set. */
class SteppedClock extends FakeClock {
  offsetMs = 0

  override now(): number {
    return super.now() + this.offsetMs
  }
}

describe('a clock that is set by an hour while a patrol runs', () => {
  test.each([60 * minute, -60 * minute])('by %d ms changes no beat, no streak, and tells nothing twice', async stepMs => {
    await using dir = await tempDir()
    const clock = new SteppedClock()
    await using patrolled = new Patrolled(dir.path, clock)
    patrolled.answers['db'] = bad
    patrolled.patrol.apply([patrolled.check('db'), patrolled.check('web', { failures: 30, of: 30 })])
    patrolled.answers['web'] = bad
    await clock.advance(2 * minute)
    clock.offsetMs = stepMs
    const before = patrolled.looksAt('db')
    await clock.advance(2 * minute)
    expect(patrolled.looksAt('db') - before).toBeWithin(11, 14)
    expect(patrolled.told).toEqual(['firing db: connection refused'])
    await clock.advance(2 * minute)
    expect(patrolled.told).toEqual(['firing db: connection refused', 'firing web: connection refused'])
    patrolled.answers['db'] = good
    await clock.advance(minute)
    const { startedAt = '', endedAt = '' } = patrolled.alerts[2] ?? {}
    expect(endedAt >= startedAt).toBe(true)
  })
})

describe('new checks for a running patrol', () => {
  test('leave the others as they are: no look is lost or doubled', async () => {
    await using dir = await tempDir()
    await using patrolled = new Patrolled(dir.path)
    patrolled.answers['db'] = bad
    patrolled.patrol.apply([patrolled.check('db')])
    await patrolled.clock.advance(minute)
    for (let round = 0; round < 100; round++) {
      patrolled.patrol.apply([patrolled.check('db'), patrolled.check(`other-${round}`)])
      await patrolled.clock.advance(600)
    }
    expect(patrolled.looksAt('db')).toBeWithin(11, 14)
    expect(patrolled.told).toEqual(['firing db: connection refused'])
  })

  test('keep how a changed check stands', async () => {
    await using dir = await tempDir()
    await using patrolled = new Patrolled(dir.path)
    patrolled.answers['db'] = bad
    patrolled.patrol.apply([patrolled.check('db')])
    await patrolled.clock.advance(minute)
    patrolled.patrol.apply([patrolled.check('db', { version: '2', intervalMs: 5000 })])
    await patrolled.clock.advance(minute)
    expect(patrolled.told).toEqual(['firing db: connection refused'])
    patrolled.answers['db'] = good
    await patrolled.clock.advance(minute)
    expect(patrolled.told).toHaveLength(2)
  })

  test('end the incident of one that is switched off or gone', async () => {
    await using dir = await tempDir()
    await using patrolled = new Patrolled(dir.path)
    patrolled.answers['db'] = bad
    patrolled.answers['web'] = bad
    patrolled.patrol.apply([patrolled.check('db'), patrolled.check('web')])
    await patrolled.clock.advance(minute)
    patrolled.patrol.apply([patrolled.check('web', { isOn: false })])
    await patrolled.clock.advance(minute)
    expect(patrolled.told.slice(2).sort()).toEqual(['resolved db: no longer watched', 'resolved web: switched off'])
  })

  test('abort the look that is under way at one that is gone, and tell nothing of it', async () => {
    await using dir = await tempDir()
    await using patrolled = new Patrolled(dir.path)
    const aborted = Promise.withResolvers<void>()
    patrolled.answers['db'] = signal =>
      new Promise(resolve =>
        signal.addEventListener('abort', () => {
          aborted.resolve()
          resolve(bad)
        }),
      )
    patrolled.patrol.apply([patrolled.check('db')])
    while (patrolled.looksAt('db') === 0) await patrolled.clock.advance(100)
    patrolled.patrol.apply([])
    await aborted.promise
    await patrolled.clock.advance(minute)
    expect(patrolled.told).toEqual([])
  })
})

describe('the history', () => {
  test('is for nobody else to read', async () => {
    await using dir = await tempDir()
    await using patrolled = new Patrolled(dir.path)
    patrolled.patrol.apply([patrolled.check('db')])
    await patrolled.clock.advance(minute)
    const modes = (await readdir(dir.path)).map(name => statSync(join(dir.path, name)).mode & 0o777)
    expect(modes.length).toBeGreaterThan(1)
    expect([...new Set(modes)]).toEqual([0o600])
  })

  test('keeps bad looks when many good ones follow', async () => {
    await using dir = await tempDir()
    await using patrolled = new Patrolled(dir.path)
    patrolled.answers['db'] = { ...bad, evidence: 'connect 127.0.0.1:5432: refused' }
    patrolled.patrol.apply([patrolled.check('db', { intervalMs: 1000 })])
    await patrolled.clock.advance(3000)
    patrolled.answers['db'] = good
    await patrolled.clock.advance(10 * minute)
    expect(lastLooks(patrolled.history, 'db')).toHaveLength(120)
    expect(lastLooks(patrolled.history, 'db').every(({ level }) => level === 'pass')).toBe(true)
    expect(lastFailures(patrolled.history, 'db')[0]).toMatchObject({
      level: 'fail',
      reason: 'refused',
      evidence: expect.stringContaining('5432'),
    })
  })
})

import { describe, expect, test } from 'bun:test'
import { hostNamed } from '../../src/lib/core/host.ts'
import { FakeClock } from '../helpers/fake-clock.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { bad, good, Patrolled } from './patrolled.ts'

const minute = 60_000

describe('a check that goes bad before what it depends on was looked at', () => {
  test('waits until a parent that confirms a bad answer has done so', async () => {
    await using dir = await tempDir()
    await using patrolled = new Patrolled(dir.path)
    const { patrol, clock, answers } = patrolled
    const children = Array.from({ length: 10 }, (_, index) => `web-${index}`)
    patrol.apply([
      patrolled.check('router', { intervalMs: 10 * minute, retries: 2 }),
      ...children.map(name => patrolled.check(name, { dependsOn: ['router'], retries: 1 })),
    ])
    await clock.advance(minute)
    for (const name of ['router', ...children]) answers[name] = bad
    await clock.advance(5 * minute)
    expect(patrolled.told).toEqual(['firing router: connection refused'])
    for (const name of ['router', ...children]) answers[name] = good
    await clock.advance(25 * minute)
    expect(patrolled.told).toEqual(['firing router: connection refused', 'resolved router: well again'])
  })

  test('asks all of its parents, and waits for the slowest', async () => {
    await using dir = await tempDir()
    await using patrolled = new Patrolled(dir.path)
    const { patrol, clock, answers } = patrolled
    patrol.apply([
      patrolled.check('dns', { intervalMs: 10 * minute }),
      patrolled.check('router', { intervalMs: 10 * minute }),
      patrolled.check('web', { dependsOn: ['dns', 'router'] }),
    ])
    await clock.advance(minute)
    answers['web'] = bad
    answers['router'] = () => new Promise(resolve => clock.timer(8000, () => resolve(bad)))
    await clock.advance(5 * minute)
    expect(patrolled.told).toEqual(['firing router: connection refused'])
  })

  test('waits for a parent that hangs until its time is over, and no longer', async () => {
    await using dir = await tempDir()
    await using patrolled = new Patrolled(dir.path)
    const { patrol, clock, answers } = patrolled
    patrol.apply([
      patrolled.check('router', { intervalMs: 30 * minute }),
      patrolled.check('web', { dependsOn: ['router'], intervalMs: 2000 }),
    ])
    await clock.advance(minute)
    answers['web'] = bad
    answers['router'] = signal =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
    await clock.advance(20_000)
    expect(patrolled.told).toHaveLength(1)
    expect(patrolled.told[0]).toStartWith('firing router: ')
  })

  test('is told of after a minute where a parent never answers at all', async () => {
    await using dir = await tempDir()
    await using patrolled = new Patrolled(dir.path)
    const { patrol, clock, answers } = patrolled
    patrol.apply([
      patrolled.check('router', { intervalMs: 30 * minute }),
      patrolled.check('web', { dependsOn: ['router'], intervalMs: 10 * minute }),
    ])
    await clock.advance(10 * minute)
    answers['web'] = bad
    answers['router'] = () => new Promise(() => {})
    const before = patrolled.looksAt('web')
    while (patrolled.looksAt('web') === before) await clock.advance(1000)
    await clock.advance(62_000)
    expect(patrolled.told).toEqual(['firing web: connection refused'])
  })

  test('asks parents on its own host only', async () => {
    await using dir = await tempDir()
    await using patrolled = new Patrolled(dir.path)
    const { patrol, clock, answers } = patrolled
    const hosts = [hostNamed('web1'), hostNamed('web2')]
    patrol.apply([
      patrolled.check('port', { hosts, intervalMs: 10 * minute }),
      patrolled.check('app', { hosts: hosts.slice(0, 1), dependsOn: ['port'] }),
    ])
    await clock.advance(minute)
    const before = patrolled.looksAt('port')
    answers['app'] = bad
    await clock.advance(minute)
    expect(patrolled.looksAt('port') - before).toBe(1)
    expect(patrolled.told).toEqual(['firing app on web1: connection refused'])
  })

  test('finds the one at the head of a chain to blame, and of a diamond', async () => {
    await using dir = await tempDir()
    await using patrolled = new Patrolled(dir.path)
    const { patrol, clock, answers } = patrolled
    const chain = Array.from({ length: 20 }, (_, index) => `hop-${index}`)
    patrol.apply([
      ...chain.map((name, index) =>
        patrolled.check(name, { dependsOn: index === 0 ? [] : [`hop-${index - 1}`], intervalMs: 10 * minute, retries: 1 }),
      ),
      patrolled.check('left', { dependsOn: ['hop-19'], intervalMs: minute }),
      patrolled.check('right', { dependsOn: ['hop-19'], intervalMs: minute }),
      patrolled.check('shop', { dependsOn: ['left', 'right'] }),
    ])
    await clock.advance(10 * minute)
    for (const name of [...chain, 'left', 'right', 'shop']) answers[name] = bad
    await clock.advance(60 * minute)
    expect(patrolled.told).toEqual(['firing hop-0: connection refused'])
    expect(patrolled.watch('shop').standing.suppressed).toBeDefined()
  })

  test('is told of soon when its parent is switched off, removed or replaced before it answered', async () => {
    for (const change of ['off', 'removed', 'replaced'] as const) {
      await using dir = await tempDir()
      await using patrolled = new Patrolled(dir.path)
      const { patrol, clock, answers } = patrolled
      const web = patrolled.check('web', { dependsOn: ['router'], intervalMs: 60 * minute })
      patrol.apply([patrolled.check('router', { intervalMs: 60 * minute }), web])
      await clock.advance(2 * 60 * minute)
      answers['web'] = bad
      answers['router'] = signal =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
      const before = patrolled.looksAt('web')
      while (patrolled.looksAt('web') === before) await clock.advance(1000)
      await clock.advance(2000)
      expect(patrolled.told).toEqual([])
      answers['router'] = good
      if (change === 'off') patrol.apply([patrolled.check('router', { intervalMs: 60 * minute, isOn: false }), web])
      else if (change === 'removed') patrol.apply([patrolled.check('web', { intervalMs: 60 * minute, version: '2' })])
      else patrol.apply([patrolled.check('router', { intervalMs: 60 * minute, version: '2' }), web])
      await clock.advance(30_000)
      expect([change, ...patrolled.told]).toEqual([change, 'firing web: connection refused'])
    }
  })

  test('is told of soon when a restart came before its parent answered', async () => {
    await using dir = await tempDir()
    const first = new Patrolled(dir.path)
    const checksOf = (patrolled: Patrolled) => [
      patrolled.check('router', { intervalMs: 60 * minute }),
      patrolled.check('web', { dependsOn: ['router'], intervalMs: 60 * minute }),
    ]
    first.patrol.apply(checksOf(first))
    await first.clock.advance(2 * 60 * minute)
    first.answers['web'] = bad
    first.answers['router'] = () => new Promise(() => {})
    const before = first.looksAt('web')
    while (first.looksAt('web') === before) await first.clock.advance(1000)
    await first.clock.advance(2000)
    expect(first.told).toEqual([])
    first.history[Symbol.dispose]()
    await using second = new Patrolled(dir.path, new FakeClock(first.clock.now()))
    second.answers['web'] = bad
    second.patrol.apply(checksOf(second))
    await second.clock.advance(minute)
    expect(second.told).toEqual(['firing web: connection refused'])
  })
})

describe('checks of one host that are read together', () => {
  test('blame the parent also when the child stands before it', async () => {
    await using dir = await tempDir()
    await using patrolled = new Patrolled(dir.path)
    const { patrol, clock, answers } = patrolled
    const hosts = [hostNamed('web1')]
    patrol.apply([
      patrolled.reading('app', { hosts, dependsOn: ['service'], retries: 1 }),
      patrolled.reading('service', { hosts, retries: 1 }),
    ])
    await clock.advance(minute)
    answers['app'] = bad
    answers['service'] = bad
    await clock.advance(5 * minute)
    expect(patrolled.told).toEqual(['firing service on web1: connection refused'])
    answers['app'] = good
    answers['service'] = good
    await clock.advance(5 * minute)
    expect(patrolled.told).toHaveLength(2)
  })
})

describe('a parent that comes and goes', () => {
  test('leaves its children alone however often it changes', async () => {
    await using dir = await tempDir()
    await using patrolled = new Patrolled(dir.path)
    const { patrol, clock, answers } = patrolled
    patrol.apply([
      patrolled.check('router', { intervalMs: 5000, retries: 1 }),
      patrolled.check('web', { dependsOn: ['router'], intervalMs: 5000, retries: 1 }),
    ])
    await clock.advance(minute)
    for (let round = 0; round < 40; round++) {
      const answer = round % 2 === 0 ? bad : good
      answers['router'] = answer
      answers['web'] = answer
      await clock.advance(20_000 + (round % 7) * 1000)
    }
    expect(patrolled.told.filter(line => line.includes('web'))).toEqual([])
  })

  test('switched off while it is bad lets its children be judged again', async () => {
    await using dir = await tempDir()
    await using patrolled = new Patrolled(dir.path)
    const { patrol, clock, answers } = patrolled
    const web = patrolled.check('web', { dependsOn: ['router'] })
    patrol.apply([patrolled.check('router'), web])
    answers['router'] = bad
    await clock.advance(minute)
    answers['web'] = bad
    patrol.apply([patrolled.check('router', { isOn: false }), web])
    await clock.advance(minute)
    expect(patrolled.told).toEqual([
      'firing router: connection refused',
      'resolved router: switched off',
      'firing web: connection refused',
    ])
    answers['router'] = good
    patrol.apply([patrolled.check('router'), web])
    await clock.advance(minute)
    expect(patrolled.watch('web').standing.suppressed).toBeUndefined()
    expect(patrolled.told).toHaveLength(3)
  })
})

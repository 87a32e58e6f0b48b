import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { hostNamed } from '../../src/lib/core/host.ts'
import type { WatchedCheck } from '../../src/lib/patrol/watch.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { Patrolled } from './patrolled.ts'

const minute = 60_000
const hosts = ['web1', 'web2', 'web3'].map(name => hostNamed(name))

interface Step {
  readonly name: string
  readonly is: 'gone' | 'on' | 'off'
  readonly version: string
  /** How many hosts it looks at; none for an endpoint. */
  readonly hosts: number
  readonly waitsMs: number
}

const steps = fc.array(
  fc.record<Step>({
    name: fc.constantFrom('db', 'web', 'mail', 'dns', 'disk'),
    is: fc.constantFrom('gone', 'on', 'on', 'off'),
    version: fc.constantFrom('1', '2'),
    hosts: fc.constantFrom(0, 0, 1, 3),
    waitsMs: fc.constantFrom(0, 10, 3000, 11_000),
  }),
  { minLength: 1, maxLength: 12 },
)

describe('a patrol that is changed one check at a time', () => {
  test('watches what it would watch if it were told all of it at once', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async all => {
        await using dir = await tempDir()
        await using patrolled = new Patrolled(dir.path)
        const { patrol, clock } = patrolled
        const wanted = new Map<string, WatchedCheck>()
        for (const { name, is, version, hosts: count, waitsMs } of all) {
          const check = patrolled.check(name, {
            version: `${version}-${count}`,
            isOn: is === 'on',
            ...(count > 0 && { hosts: hosts.slice(0, count) }),
          })
          if (is === 'gone') wanted.delete(name)
          else wanted.set(name, check)
          patrol.change(is === 'gone' ? { put: [], gone: [name] } : { put: [check], gone: [] })
          await clock.advance(waitsMs)
        }
        const ids = [...wanted.values()].flatMap(({ name, hosts: at }) => at?.map(host => `${host.name}/${name}`) ?? [name])
        expect([...patrol.watches.keys()].sort()).toEqual(ids.sort())
        for (const [name, check] of wanted) {
          expect(patrol.placesOf(name).map(({ check: { version, isOn } }) => [version, isOn])).toEqual(
            (check.hosts ?? ['here']).map(() => [check.version, check.isOn]),
          )
        }
        // The same as a whole changes nothing.
        const { generation } = patrol
        patrol.apply([...wanted.values()])
        expect(patrol.generation).toBe(generation)
        await clock.advance(minute / 2)
        patrolled.looks.length = 0
        await clock.advance(minute)
        for (const name of ['db', 'web', 'mail', 'dns', 'disk']) {
          const check = wanted.get(name)
          const places = check?.isOn ? (check.hosts?.length ?? 1) : 0
          expect(patrolled.looksAt(name)).toBeWithin(places * 5, places * 7 + 1)
        }
      }),
      { numRuns: 60 },
    )
  }, 60_000)

  test('neither delays nor doubles the looks at all others', async () => {
    await using dir = await tempDir()
    await using patrolled = new Patrolled(dir.path)
    const names = Array.from({ length: 20 }, (_, index) => `shop-${index}`)
    patrolled.patrol.apply(names.map(name => patrolled.check(name)))
    await patrolled.clock.advance(minute)
    patrolled.looks.length = 0
    for (let second = 0; second < 60; second++) {
      patrolled.patrol.change({ put: [patrolled.check('other', { version: String(second) })], gone: [] })
      if (second % 3 === 0) patrolled.patrol.change({ put: [], gone: ['other'] })
      await patrolled.clock.advance(1000)
    }
    const times = Map.groupBy(patrolled.looks, ({ name }) => name)
    for (const name of names) {
      const at = times.get(name)?.map(look => look.at) ?? []
      expect(at).toHaveLength(6)
      for (const [index, moment] of at.slice(1).entries()) expect(moment - (at[index] ?? 0)).toBeWithin(9990, 10_010)
    }
  })

  test('looks at a check that is changed again and again no more seldom than it would else', async () => {
    await using dir = await tempDir()
    await using patrolled = new Patrolled(dir.path)
    patrolled.patrol.apply([patrolled.check('db')])
    await patrolled.clock.advance(minute)
    patrolled.looks.length = 0
    for (let change = 0; change < 300; change++) {
      patrolled.patrol.change({ put: [patrolled.check('db', { version: String(change) })], gone: [] })
      await patrolled.clock.advance(200)
    }
    expect(patrolled.looksAt('db')).toBeWithin(6, 8)
  })
})

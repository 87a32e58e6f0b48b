import { describe, expect, test } from 'bun:test'
import { rm } from 'node:fs/promises'
import { counted } from '../helpers/counts.ts'
import { needs } from '../helpers/needs.ts'
import { poll } from '../helpers/poll.ts'
import { Redis } from '../helpers/redis.ts'
import { Served } from '../patrol/registry/served.ts'
import { type Kept, Shop } from '../patrol/registry/shop.ts'

const bigFile = counted({ reduced: 300, full: 2500 })
const smallFiles = counted({ reduced: 12, full: 100 })
const inEach = 25
const changes = counted({ reduced: 40, full: 200 })
/** Between two changes, milliseconds. */
const pauseMs = counted({ reduced: 250, full: 500 })
const intervals = counted({ reduced: 1, full: 0 }) ? [2, 3, 5, 8, 10] : [5, 10, 15, 20, 30]
/** A look may be so much later than its interval, milliseconds: in a soak the machine does nothing else. */
const boundMs = counted({ reduced: 5000, full: 2000 })
const stream = 'probes'

const wanted = (index: number, version = 1) => ({
  version,
  intervalS: intervals[index % 5] ?? 5,
  sla: index % 10 === 0 ? 'P0' : index % 10 < 4 ? 'P1' : 'P2',
})

/** A tenth is P0. */
const kept = (shop: Shop, name: string, index: number, version = 1): Kept => shop.check(name, wanted(index, version))

/** A file that is no YAML, one of which half is good, and one that takes the name of another's. */
const broken = [
  'checks:\n  - { name: broken, endpoint: \n',
  'checks:\n  - { name: broken, type: load }\n  - { name: worse, type: lod }\n',
  'checks:\n  - { name: broken, type: load }\n  - { name: big-1, type: load }\n',
]

describe.skipIf(!needs('redis'))('a patrol whose checks change all the time', () => {
  test(
    `loses, doubles and delays none of them, and takes no broken file for a good one: ${changes} changes`,
    async () => {
      await using redis = await Redis.start()
      await using shop = Shop.open()
      await using served = await Served.prepare()
      const write = (file: string, checks: readonly Kept[]): Promise<void> =>
        served.write(`checks.d/${file}.yaml`, shop.file(checks))
      const nameOf = (file: number, index: number): string => `f${file}-${index}`
      const small = (file: number, version = 1): Kept[] =>
        Array.from({ length: inEach }, (_, index) =>
          kept(shop, nameOf(file, index), file * inEach + index, index === 7 ? version : 1),
        )
      const big = (version = 1): Kept[] =>
        Array.from({ length: bigFile }, (_, index) =>
          index % 50 === 20
            ? shop.door(`big-${index}`, wanted(index))
            : kept(shop, `big-${index}`, index, index === 7 ? version : 1),
        )
      const ill = Array.from({ length: smallFiles }, (_, file) => nameOf(file, 3))
      for (const name of ill) shop.falls(name)
      await write('big', big())
      for (let file = 0; file < smallFiles; file++) await write(`f${file}`, small(file))
      const all = [...big(), ...Array.from({ length: smallFiles }, (_, file) => small(file)).flat()].map(({ name }) => name)
      await served.start('--registry', redis.url(stream), '--workers', '300', '--per-endpoint', '300')
      await poll('every check was looked at', 90_000, () => all.every(name => shop.looks(name).length > 0))
      await poll('what is ill is known', 90_000, async () => (await served.incidents()).size === ill.length)
      const before = await served.lag('P0')
      const standings = await served.standings()
      const incidents = await served.incidents()
      const begun = performance.now()

      const told: string[] = []
      const change = async (number: number): Promise<void> => {
        const file = number % smallFiles
        const extra = `x${number}`
        switch (number % 8) {
          case 0:
            shop.changes(nameOf(file, 7))
            await write(`f${file}`, small(file, number))
            served.run.kill('SIGHUP')
            break
          case 1:
            await write(extra, [kept(shop, `${extra}-dropped`, number)])
            break
          case 2:
            await served.write(`checks.d/f${file}.yaml`, broken[((number - 2) / 8) % broken.length] ?? '')
            expect((await served.reload()).status).toBe(422)
            break
          case 3: {
            const { status } = await served.put(`${extra}-put`, kept(shop, `${extra}-put`, number).definition)
            expect(status).toBe(201)
            break
          }
          case 4: {
            const name = `x${number - 1}-put`
            shop.changes(name)
            expect((await served.put(name, kept(shop, name, number, 2).definition)).status).toBe(204)
            expect((await served.put(name, '{ "type": "lod" }')).status).toBe(422)
            break
          }
          case 5: {
            const mended = (number - 3) % smallFiles
            for (const name of [nameOf(mended, 0), nameOf(mended, 3), 'big-1'])
              expect((await served.ask('GET', `/api/v1/probes/${name}`)).body).toMatchObject({ name, state: 'active' })
            expect((await served.ask('GET', '/api/v1/probes/broken')).status).toBe(404)
            await write(`f${mended}`, small(mended))
            shop.changes(nameOf(mended, 7))
            await redis.add(stream, {
              action: 'put',
              name: `${extra}-event`,
              check: JSON.stringify(kept(shop, `${extra}-event`, number).definition),
            })
            await redis.add(stream, { action: 'put', name: 'x', check: 'no check' })
            break
          }
          case 6:
            if (number >= 16) await redis.add(stream, { action: 'remove', name: `x${number - 9}-event` })
            if (number >= 16) told.push(`x${number - 9}-event`)
            if (number >= 16) expect((await served.delete(`x${number - 11}-put`)).status).toBe(204)
            if (number >= 16) told.push(`x${number - 11}-put`)
            break
          default:
            shop.changes('big-7')
            await write('big', big(number))
            served.run.kill('SIGHUP')
        }
      }
      for (let number = 0; number < changes; number++) {
        const due = begun + number * pauseMs
        await change(number)
        await poll('the pause is over', 60_000, () => performance.now() >= due + pauseMs)
      }
      const ended = performance.now()
      // Each of the others has had its turn once more.
      await poll('the longest interval is over', 120_000, () => performance.now() > ended + 1200 * Math.max(...intervals))

      const { count, within250 } = await served.lag('P0')
      const share = (within250 - before.within250) / (count - before.count)
      const bad = await served.metric('opsctl_patrol_reloads_total{result="bad"}')
      const wrong = all.flatMap(name => shop.faults(name, { from: begun, until: performance.now(), boundMs }))
      expect(wrong).toEqual([])
      expect(shop.worstLateMs).toBeLessThanOrEqual(boundMs)
      // What did not change stands as it stood: since when, and in which incident.
      const isSame = (name: string): boolean => !/^(big|f\d+)-7$/.test(name)
      const after = await served.standings()
      for (const name of all.filter(isSame)) expect([name, after.get(name)]).toEqual([name, standings.get(name)])
      expect(await served.incidents()).toEqual(incidents)
      expect(share).toBeGreaterThanOrEqual(counted({ reduced: 0.9, full: 0.99 }))
      expect(bad).toBeGreaterThanOrEqual(changes / 8)
      expect(await served.metric('opsctl_registry_events_total{result="refused"}')).toBe(Math.floor((changes + 2) / 8))
      const refused = served.log.split('\n').filter(line => line.includes('not read anew, what was there goes on'))
      expect(refused.length).toBe(bad ?? 0)
      expect(refused.filter(line => !/checks\.d\/\S+\.yaml:\d+:\d+/.test(line))).toEqual([])
      const states = await served.states()
      for (const name of told)
        expect([name, states[name] ?? 'unregistered']).toEqual([name, expect.stringMatching(/unloaded|unregistered/)])
      const there = Object.entries(states).flatMap(([name, state]) => (state === 'unloaded' ? [] : [name]))
      expect(there.filter(name => !name.startsWith('x')).sort()).toEqual([...all].sort())
      expect(there.filter(name => name.includes('dropped'))).toHaveLength(Math.ceil((changes - 1) / 8))
      // What changed is what is looked at, and nothing of what was before.
      expect(shop.versions('big-7').at(-1)).toBe(Math.floor((changes - 1) / 8) * 8 + (changes % 8 === 0 ? 7 : -1))
      expect(await served.stop()).toBe(0)
      await rm(served.path('checks.d'), { recursive: true })
    },
    counted({ reduced: 300_000, full: 600_000 }),
  )
})

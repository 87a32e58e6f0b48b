import { describe, expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { needs } from '../helpers/needs.ts'
import { poll } from '../helpers/poll.ts'
import { Redis } from '../helpers/redis.ts'
import { Served, timeoutMs } from '../patrol/registry/served.ts'

const stream = 'probes'
const base = { 'base.yaml': 'checks: [{ name: base, type: load, interval: 1h }]' }
const check = (type: string): string => JSON.stringify({ type, interval: '1h' })

const names = async (served: Served): Promise<string[]> =>
  (await served.probes()).flatMap(({ name, state }) => (state === 'unloaded' ? [] : [name])).sort()
const untilThere = (served: Served, wanted: readonly string[]): Promise<unknown> =>
  poll(`there are ${wanted}`, 60_000, async () => Bun.deepEquals(await names(served), [...wanted].sort())).catch(async error => {
    throw new Error(`${error.message}: ${await names(served)}\n${served.log}`)
  })
const events = (served: Served, result: string): Promise<number | undefined> =>
  served.metric(`opsctl_registry_events_total{result="${result}"}`)
/** Entries that were read and not acknowledged. */
const pending = async (redis: Redis, group: string): Promise<unknown> =>
  ((await redis.send('XPENDING', stream, group)) as unknown[])[0]

describe.skipIf(!needs('redis'))('probes at run time, by a stream of Redis', () => {
  test(
    'are put, replaced, switched and removed in the order of the events; a wrong one keeps none back',
    async () => {
      await using redis = await Redis.start()
      await using served = await Served.prepare(base)
      await served.start('--registry', redis.url(stream), '--registry-group', 'one')
      await redis.add(stream, { action: 'put', name: 'db', check: check('memory') })
      await untilThere(served, ['base', 'db'])
      const wrong: readonly [Record<string, string>, RegExp][] = [
        [{ action: 'putt', name: 'x', check: '{}' }, /action: "putt" is not one of .*did you mean put\?/],
        [{ name: 'x' }, /action is missing/],
        [{ action: 'put', name: 'x' }, /check is missing/],
        [{ action: 'put', name: 'x', chek: '{}' }, /there is no 'chek' here \(did you mean check\?/],
        [
          { action: 'put', name: 'x', check: '{ "type": "lod" }' },
          /stream x:1:11: there is no check 'lod' \(did you mean load\?/,
        ],
        [{ action: 'put', name: 'x', check: '{ "type": ' }, /stream x:1:/],
        [{ action: 'put', name: 'x', check: '\u0000\ufffd' }, /stream x/],
        [{ action: 'put', name: 'x\n', check: check('load') }, /is no name of a probe/],
        [{ action: 'put', name: 'base', check: check('load') }, /base is a check of the configuration/],
        [{ action: 'put', name: 'x', check: `"${'x'.repeat(300 * 1024)}"` }, /is larger than 256 KiB/],
        [{ action: 'remove', name: 'dbb' }, /'dbb' was not registered at run time \(did you mean db\?/],
        [{ action: 'disable', name: 'dbb' }, /'dbb' is not known/],
        [{ action: 'reload', name: 'x' }, /there is no 'name' here/],
      ]
      for (const [fields] of wrong) await redis.add(stream, fields)
      await redis.add(stream, { action: 'put', name: 'db', check: check('swap') })
      await redis.add(stream, { action: 'disable', name: 'db' })
      await redis.add(stream, { action: 'put', name: 'web', check: 'type: uptime\ninterval: 1h\n' })
      await redis.add(stream, { action: 'put', name: 'gone', check: check('load') })
      await redis.add(stream, { action: 'remove', name: 'gone' })
      await served.write('checks.d/more.yaml', 'checks: [{ name: more, type: cpu, interval: 1h }]')
      await redis.add(stream, { action: 'reload' })
      await untilThere(served, ['base', 'db', 'more', 'web'])
      expect(await served.probes()).toContainEqual(
        expect.objectContaining({ name: 'db', type: 'swap', state: 'disabled', source: 'stream' }),
      )
      for (const [, says] of wrong) expect(served.log).toMatch(says)
      expect(served.log.match(/an event of the stream is refused/g)).toHaveLength(wrong.length)
      await poll('all are acknowledged', 10_000, async () => (await pending(redis, 'one')) === 0)
      expect(await events(served, 'refused')).toBe(wrong.length)
      expect(await events(served, 'applied')).toBe(7)
      expect(await served.stop()).toBe(0)
    },
    timeoutMs,
  )

  test(
    'are heard of after an absence, by each instance, once and in order',
    async () => {
      await using redis = await Redis.start()
      await using one = await Served.prepare(base)
      await using two = await Served.prepare(base)
      one.args = ['--registry', redis.url(stream), '--registry-group', 'one']
      two.args = ['--registry', redis.url(stream), '--registry-group', 'two']
      await one.start()
      await two.start()
      await redis.add(stream, { action: 'put', name: 'db', check: check('memory') })
      await untilThere(one, ['base', 'db'])
      await untilThere(two, ['base', 'db'])
      await one.kill()
      for (let index = 0; index < 250; index++)
        await redis.add(stream, {
          action: 'put',
          name: `web${index % 10}`,
          check: JSON.stringify({ type: 'load', interval: `${index + 1}m` }),
        })
      await redis.add(stream, { action: 'remove', name: 'db' })
      await redis.add(stream, { action: 'remove', name: 'web0' })
      const left = ['base', ...Array.from({ length: 9 }, (_, index) => `web${index + 1}`)]
      await untilThere(two, left)
      await one.start()
      await untilThere(one, left)
      expect(await events(one, 'applied')).toBe(252)
      expect(await events(one, 'refused')).toBe(0)
      for (const served of [one, two]) {
        const { body } = await served.ask('GET', '/api/v1/probes/web9')
        expect(body.definition).toEqual({ type: 'load', interval: '250m' })
      }
      // Nothing is heard twice.
      await one.kill()
      await one.start()
      await one.says(/listening to the stream/)
      await redis.add(stream, { action: 'put', name: 'last', check: check('load') })
      await untilThere(one, [...left, 'last'])
      expect(await events(one, 'applied')).toBe(1)
    },
    timeoutMs,
  )

  test(
    'survive kill -9 in the middle of the events: what was not acknowledged is dealt with again, and changes nothing more',
    async () => {
      await using redis = await Redis.start()
      await using served = await Served.prepare(base)
      served.args = ['--registry', redis.url(stream), '--registry-group', 'one']
      await served.start()
      // As if it had been killed between what it did and its acknowledgement: the entries are read, and pending.
      await served.put('db', check('memory'))
      await served.put('off', check('swap'))
      await served.post('off', 'disable')
      await served.kill()
      await redis.add(stream, { action: 'put', name: 'db', check: check('memory') })
      await redis.add(stream, { action: 'disable', name: 'off' })
      await redis.add(stream, { action: 'remove', name: 'gone' })
      await redis.add(stream, { action: 'put', name: 'next', check: check('load') })
      await redis.send('XREADGROUP', 'GROUP', 'one', 'opsctl', 'COUNT', '3', 'STREAMS', stream, '>')
      expect(await pending(redis, 'one')).toBe(3)
      await served.start()
      await untilThere(served, ['base', 'db', 'next', 'off'])
      await poll('all are acknowledged', 10_000, async () => (await pending(redis, 'one')) === 0)
      expect(await events(served, 'refused')).toBe(0)
      expect(await served.states()).toMatchObject({ off: 'disabled' })

      // And really killed, again and again, while many come.
      const count = 300
      const eachTime = 75
      for (let from = 0; from < count; from += eachTime) {
        const before = (await names(served)).length
        const adding = (async () => {
          for (let index = from; index < from + eachTime; index++)
            await redis.add(stream, { action: 'put', name: `n${index}`, check: check('load') })
        })()
        await poll('it has taken some', 30_000, async () => (await names(served)).length > before)
        await served.kill()
        await served.start()
        await adding
      }
      await untilThere(served, ['base', 'db', 'next', 'off', ...Array.from({ length: count }, (_, index) => `n${index}`)])
      await poll('all are acknowledged', 10_000, async () => (await pending(redis, 'one')) === 0)
      expect(await events(served, 'refused')).toBe(0)
    },
    timeoutMs,
  )

  test(
    'wait for a Redis that is away, stopped, or has lost everything',
    async () => {
      await using redis = await Redis.prepare()
      await using served = await Served.prepare(base)
      await served.start('--registry', redis.url(stream), '--registry-group', 'one')
      await served.says(/can not be followed, it is tried again: /)
      expect(await served.metric('opsctl_registry_connected')).toBe(0)
      expect((await served.put('api', check('swap'))).status).toBe(201)
      await redis.boot()
      await redis.add(stream, { action: 'put', name: 'db', check: check('memory') })
      await untilThere(served, ['api', 'base', 'db'])
      expect(await served.metric('opsctl_registry_connected')).toBe(1)

      await redis.kill()
      await poll('it is noticed', 30_000, async () => (await served.metric('opsctl_registry_connected')) === 0)
      await redis.boot()
      await redis.add(stream, { action: 'put', name: 'web', check: check('uptime') })
      await untilThere(served, ['api', 'base', 'db', 'web'])
      expect(await events(served, 'applied')).toBe(2)

      // A Redis without its data: the group is gone with the stream, and so is what is no more to be heard.
      await redis.kill()
      await redis.forget()
      await redis.boot()
      await redis.add(stream, { action: 'put', name: 'new', check: check('cpu') })
      await untilThere(served, ['api', 'base', 'db', 'new', 'web'])
      await served.says(/has forgotten this patrol/)

      // While it listens: NOGROUP.
      await redis.send('XGROUP', 'DESTROY', stream, 'one')
      await redis.add(stream, { action: 'put', name: 'newer', check: check('cpu') })
      await untilThere(served, ['api', 'base', 'db', 'new', 'newer', 'web'])
      await redis.send('DEL', stream)
      await redis.add(stream, { action: 'remove', name: 'newer' })
      await untilThere(served, ['api', 'base', 'db', 'new', 'web'])
      await redis.send('FLUSHALL')
      await redis.send('XADD', stream, '1-1', 'action', 'remove', 'name', 'new')
      await untilThere(served, ['api', 'base', 'db', 'web'])
      expect(await events(served, 'refused')).toBe(0)
      expect(await events(served, 'applied')).toBe(6)
      expect(await served.stop()).toBe(0)
    },
    timeoutMs,
  )

  test(
    'are not waited for by one that does not answer, however open its connection is',
    async () => {
      await using redis = await Redis.start()
      await using served = await Served.prepare(base)
      await served.start('--registry', redis.url(stream), '--registry-group', 'one')
      await served.says(/listening to the stream/)
      redis.pause()
      await served.says(/can not be followed, it is tried again: no answer within 15 s/)
      redis.resume()
      await redis.add(stream, { action: 'put', name: 'db', check: check('memory') })
      await untilThere(served, ['base', 'db'])
      expect(await served.stop()).toBe(0)
    },
    timeoutMs,
  )

  test(
    'that were cut from the stream before they were heard are told as lost',
    async () => {
      await using redis = await Redis.start()
      await using served = await Served.prepare(base)
      served.args = ['--registry', redis.url(stream), '--registry-group', 'one']
      await served.start()
      await redis.add(stream, { action: 'put', name: 'first', check: check('load') })
      await untilThere(served, ['base', 'first'])
      await poll('it is acknowledged', 10_000, async () => (await pending(redis, 'one')) === 0)
      await served.kill()
      for (let index = 0; index < 20; index++) await redis.add(stream, { action: 'put', name: `n${index}`, check: check('load') })
      await redis.send('XREADGROUP', 'GROUP', 'one', 'opsctl', 'COUNT', '2', 'STREAMS', stream, '>')
      await redis.send('XTRIM', stream, 'MAXLEN', '5')
      await served.start()
      await untilThere(served, ['base', 'first', 'n15', 'n16', 'n17', 'n18', 'n19'])
      await served.says(/was cut before all of it was heard: events are lost, probes may be missing missed=13/)
      expect(served.log.match(/was taken out of it before it was dealt with/g)).toHaveLength(2)
      expect(await events(served, 'missed')).toBe(15)
      expect(await pending(redis, 'one')).toBe(0)
    },
    timeoutMs,
  )

  test(
    'need the password of their Redis, and say so once when it is wrong',
    async () => {
      await using redis = await Redis.start({ password: 'correct-horse' })
      await using served = await Served.prepare(base)
      await writeFile(served.path('password'), 'correct-hose\n', { mode: 0o600 })
      served.args = ['--registry', redis.url(stream), '--registry-password-file', 'password']
      await served.start()
      await served.says(/can not be followed, it is tried again: WRONGPASS/)
      expect((await served.put('api', check('swap'))).status).toBe(201)
      await served.kill()
      await writeFile(served.path('password'), 'correct-horse\n', { mode: 0o600 })
      await served.start()
      await redis.add(stream, { action: 'put', name: 'db', check: check('memory') })
      await untilThere(served, ['api', 'base', 'db'])
      expect(served.log).not.toContain('correct-ho')
    },
    timeoutMs,
  )

  test(
    'are asked for at an address that is one',
    async () => {
      await using served = await Served.prepare(base)
      for (const [address, says] of [
        ['http://127.0.0.1/probes', /--registry must be redis:\/\/HOST:PORT\/STREAM/],
        ['redis://127.0.0.1:6379', /--registry must be/],
        ['redis://:pw@127.0.0.1:6379/probes', /without a password[\s\S]*--registry-password-file/],
      ] as const) {
        const failed = await served.start('--registry', address).then(
          () => undefined,
          error => error,
        )
        expect(String(failed)).toMatch(says)
      }
    },
    timeoutMs,
  )
})

import { describe, expect, test } from 'bun:test'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { poll } from '../helpers/poll.ts'
import { Door, Served, timeoutMs } from '../patrol/registry/served.ts'

const far = '1h'

describe('probes at run time, by the API', () => {
  test(
    'go through their life: unregistered, loaded, active, disabled, unloaded',
    async () => {
      await using door = await Door.open()
      await using witness = await Door.open()
      await using served = await Served.prepare({
        'base.yaml': `checks: [{ name: base, endpoint: '${door.endpoint}', interval: 1s }]`,
        'witness.yaml': `checks: [{ name: witness, endpoint: '${witness.endpoint}', interval: 500ms }]`,
      })
      await served.start()
      await served.until('the checks of the files are active', { base: 'active', witness: 'active' })
      expect(await served.ask('GET', '/api/v1/probes/shop')).toMatchObject({
        status: 404,
        body: { detail: expect.stringContaining('not registered') },
      })

      const put = await served.put('shop', { endpoint: door.endpoint, interval: '1s' })
      expect({ status: put.status, location: put.headers.get('location') }).toEqual({
        status: 201,
        location: '/api/v1/probes/shop',
      })
      expect(['loaded', 'active']).toContain((await served.states())['shop'] ?? '')
      await served.until('it is looked at', { base: 'active', witness: 'active', shop: 'active' })
      expect(await served.ask('GET', '/api/v1/probes/shop')).toMatchObject({
        status: 200,
        body: {
          ...{ name: 'shop', type: 'tcp', state: 'active', source: 'api' },
          capabilities: { dimensions: ['reachability', 'latency'], places: 1, from: 'here' },
          definition: { endpoint: door.endpoint, interval: '1s' },
        },
      })

      expect((await served.post('shop', 'disable')).status).toBe(204)
      expect((await served.post('base', 'disable')).status).toBe(204)
      await served.until('both are off', { base: 'disabled', witness: 'active', shop: 'disabled' })
      await poll('looks under way have ended', 10_000, async () => (await served.metric('opsctl_patrol_running{sla="P1"}')) === 0)
      const [before, begun] = [door.opened, witness.opened]
      expect((await served.put('shop', { endpoint: door.endpoint, interval: '600ms' })).status).toBe(204)
      await poll('the other is looked at', 30_000, () => witness.opened > begun + 5)
      expect(door.opened).toBe(before)

      await served.kill()
      await served.start()
      await served.until('they still are', { base: 'disabled', witness: 'active', shop: 'disabled' })
      expect((await served.post('shop', 'enable')).status).toBe(204)
      await served.until('it is on again', { base: 'disabled', witness: 'active', shop: 'active' })
      expect((await served.delete('shop')).status).toBe(204)
      expect(await served.states()).toEqual({ base: 'disabled', witness: 'active', shop: 'unloaded' })
      expect((await served.delete('shop')).status).toBe(404)
      expect((await served.post('shop', 'enable')).status).toBe(404)
      await served.kill()
      await served.start()
      await served.until('only those of the files are there', { base: 'disabled', witness: 'active' })
      expect(await served.stop()).toBe(0)
    },
    timeoutMs,
  )

  test(
    'are refused with line, column and what was meant, and nothing changes',
    async () => {
      await using served = await Served.prepare({ 'base.yaml': 'checks: [{ name: base, type: load }]' })
      await served.start()
      await served.put('parent', { type: 'memory', interval: far })
      await served.put('child', { type: 'swap', interval: far, depends_on: ['parent'] })
      const before = await served.probes()
      const wrong: readonly [name: string, text: string, says: RegExp, hint: RegExp, place: unknown][] = [
        [
          'shop',
          'endpoint: tcp://127.0.0.1:1\nintervall: 1s\n',
          /^api shop:2:1: .*'intervall'/,
          /did you mean interval\?/,
          [2, 1],
        ],
        ['shop', '{\n  "type": "lod"\n}', /^api shop:2:11: there is no check 'lod'/, /did you mean load\?/, [2, 11]],
        ['shop', 'type: load\n  name: x\n', /^api shop:\d+:\d+: /, /|/, [expect.any(Number), expect.any(Number)]],
        ['shop', '{ "interval": "5s" }', /^api shop:1:1: this check looks at nothing/, /endpoint: or a type:/, [1, 1]],
        ['shop', '[{ "type": "load" }]', /^api shop:1:1: a check must be keys and values, not a list/, /|/, [1, 1]],
        ['shop', '', /^api shop:1:1: the file is empty/, /|/, [1, 1]],
        ['shop', '{ "type": "load", "name": "shopp" }', /the check is called 'shopp'/, /say name: shop/, undefined],
        ['shop', '{ "type": "load", "depends_on": ["parnt"] }', /depends_on names 'parnt'/, /did you mean parent\?/, undefined],
        ['parent', '{ "type": "load", "depends_on": ["child"] }', /in a circle: /, /|/, undefined],
        ['base', '{ "type": "load" }', /base is a check of the configuration/, /|/, undefined],
        [' shop', '{ "type": "load" }', /" shop" is no name of a probe/, /space at either end/, undefined],
        ['s'.repeat(201), '{ "type": "load" }', /is no name of a probe/, /200 characters/, undefined],
      ]
      for (const [name, text, says, hint, place] of wrong) {
        const { status, headers, body } = await served.put(name, text)
        expect({ text, status, type: headers.get('content-type') }).toEqual({
          text,
          status: 422,
          type: 'application/problem+json',
        })
        expect(body.detail).toMatch(says)
        expect(body.hint ?? '').toMatch(hint)
        if (place) expect([body.line, body.column]).toEqual(place as number[])
      }
      expect((await served.delete('parent')).body).toMatchObject({
        status: 422,
        detail: "'parent' is needed: 'child' depends on it",
      })
      expect((await served.delete('base')).body).toMatchObject({
        status: 422,
        detail: expect.stringContaining('is removed there'),
      })
      expect((await served.delete('chld')).body).toMatchObject({ status: 404, hint: 'did you mean child?' })
      expect((await served.put('shop', 'x'.repeat(300 * 1024))).status).toBe(413)
      expect((await served.put('shop', '{ "type": "load" }', { authorization: 'Bearer no' })).status).toBe(401)
      const asStored = (await served.probes()).map(({ state: _, ...probe }) => probe)
      expect(asStored).toEqual(before.map(({ state: _, ...probe }) => probe))
      expect((await served.delete('child')).status).toBe(204)
      expect((await served.delete('parent')).status).toBe(204)
    },
    timeoutMs,
  )

  test(
    'may have any name, and are replaced only where the client has seen what is there',
    async () => {
      await using served = await Served.prepare({ 'base.yaml': 'checks: [{ name: base, type: load }]' })
      await served.start()
      const names = ['https://shop.example.com/health?a=b&c', 'größe/日本', 'a b%2F', '🦀']
      for (const name of names) {
        const put = await served.put(name, { type: 'load', interval: far })
        expect(put.status).toBe(201)
        const got = await served.ask('GET', put.headers.get('location') ?? '')
        expect(got.body).toMatchObject({ name, definition: { type: 'load' } })
      }
      const [name = ''] = names
      const path = `/api/v1/probes/${encodeURIComponent(name)}`
      const seen = (await served.ask('GET', path)).headers.get('etag') ?? ''
      expect((await served.put(name, { type: 'load', interval: far }, { 'if-none-match': '*' })).status).toBe(412)
      const other = await served.put(name, { type: 'load', interval: '2h' }, { 'if-match': seen })
      expect(other.status).toBe(204)
      expect(other.headers.get('etag')).not.toBe(seen)
      expect((await served.put(name, { type: 'load', interval: '3h' }, { 'if-match': seen })).status).toBe(412)
      expect((await served.delete(name, { 'if-match': seen })).status).toBe(412)
      expect((await served.delete(name, { 'if-match': other.headers.get('etag') ?? '' })).status).toBe(204)
      // Who may not change anything is not told how it was written.
      expect(
        (await served.ask('GET', `/api/v1/probes/${encodeURIComponent('🦀')}`, undefined, { authorization: '' })).body,
      ).toEqual(expect.not.objectContaining({ definition: expect.anything() }))
      await served.kill()
      await served.start()
      expect((await served.probes()).map(probe => probe.name).sort()).toEqual(['base', ...names.slice(1)].sort())
    },
    timeoutMs,
  )

  test(
    'that do not fit what the files say at a start are set aside, told, and loaded when they fit again',
    async () => {
      const base = 'checks: [{ name: base, type: load }]'
      await using served = await Served.prepare({ 'base.yaml': base, 'more.yaml': 'checks: [{ name: db, type: memory }]' })
      await served.start()
      await served.put('app', { type: 'swap', interval: far, depends_on: ['db'] })
      await served.put('web', { type: 'uptime', interval: far })
      await rm(served.path('checks.d/more.yaml'))
      expect((await served.reload()).body).toMatchObject({
        status: 422,
        detail: expect.stringContaining("depends_on names 'db'"),
      })
      expect(Object.keys(await served.states()).sort()).toEqual(['app', 'base', 'db', 'web'])
      await served.kill()
      await served.write('checks.d/base.yaml', 'checks: [{ name: base, type: load }, { name: web, type: cpu }]')
      await served.start()
      await served.says(/a registered probe is not loaded: .*depends_on names 'db'/)
      const probes = await served.probes()
      expect(probes.find(({ name }) => name === 'web')).toMatchObject({
        type: 'cpu',
        source: expect.stringContaining('base.yaml'),
      })
      expect(probes.find(({ name }) => name === 'app')).toMatchObject({
        state: 'unloaded',
        source: 'api',
        problem: expect.stringContaining("'db'"),
      })
      await served.write('checks.d/base.yaml', base)
      await served.write('checks.d/more.yaml', 'checks: [{ name: db, type: memory }]')
      expect((await served.reload()).status).toBe(204)
      const after = await served.probes()
      expect(after.find(({ name }) => name === 'app')?.state).not.toBe('unloaded')
      expect(after.find(({ name }) => name === 'web')).toMatchObject({ type: 'uptime', source: 'api' })
    },
    timeoutMs,
  )
})

describe('files of checks', () => {
  test(
    'are taken when they come, also those that others include; a broken one never replaces a good one',
    async () => {
      await using served = await Served.prepare({ 'all.yaml': 'include: ../parts/one.part\n' })
      await served.write('parts/one.part', 'checks: [{ name: one, type: load }]\n')
      await served.start()
      await served.until('the included one', { one: 'active' })
      await served.write('parts/one.part', 'checks: [{ name: one, type: load }, { name: two, type: memory }]\n')
      await served.until('the included file is read again', { one: 'active', two: 'active' })

      // Written in place, and half of it for a while.
      await writeFile(served.path('parts/one.part'), 'checks: [{ name: one, type: load }, { name: th')
      await served.says(/not read anew, what was there goes on: .*one\.part:1:\d+/)
      expect(Object.keys(await served.states()).sort()).toEqual(['one', 'two'])
      await writeFile(served.path('parts/one.part'), 'checks: [{ name: one, type: load }, { name: three, type: swap }]\n')
      await served.until('the whole one', { one: 'active', two: 'unloaded', three: 'active' })

      // Included before it is there.
      await served.write('checks.d/all.yaml', 'include: [../parts/one.part, ../parts/late.part]\n')
      await served.says(/late\.part does not exist/)
      await served.write('parts/late.part', 'checks: [{ name: four, type: uptime }]\n')
      await served.until('it has come', { one: 'active', two: 'unloaded', three: 'active', four: 'active' })
      expect(await served.metric('opsctl_patrol_reloads_total{result="bad"}')).toBeGreaterThanOrEqual(2)
    },
    timeoutMs,
  )

  test(
    'that are gone with their directory stay in force until it is back',
    async () => {
      await using served = await Served.prepare({ 'all.yaml': 'checks: [{ name: one, type: load }]\n' })
      await served.start()
      await served.until('it is there', { one: 'active' })
      await rename(served.path('checks.d'), served.path('away'))
      await served.says(/not read anew, what was there goes on: checks\.d: the file of checks does not exist/)
      await mkdir(served.path('checks.d'))
      await served.says(/checks\.d: there is no file of checks in the directory any more/)
      expect(await served.states()).toEqual({ one: 'active' })
      await rm(served.path('checks.d'), { recursive: true })
      await rename(served.path('away'), served.path('checks.d'))
      await served.write('checks.d/two.yaml', 'checks: [{ name: two, type: memory }]\n')
      await served.until('it is back', { one: 'active', two: 'active' })
    },
    timeoutMs,
  )

  test(
    'of alerts and modules are watched as well',
    async () => {
      await using served = await Served.prepare({ 'all.yaml': 'checks: [{ name: one, type: load }]\n' })
      await served.write(
        'alerts.yaml',
        "channels: { hook: { type: webhook, url: 'http://127.0.0.1:1/' } }\nroutes: [{ to: hook }]\n",
      )
      await served.write('blackbox.yml', 'modules: { http_2xx: { prober: http } }\n')
      await served.start('--alerts', 'alerts.yaml', '--blackbox', 'blackbox.yml')
      await served.write('alerts.yaml', 'channels: { hook: { type: webhok } }\n')
      await served.says(/not read anew, what was there goes on: .*alerts\.yaml:1:\d+/)
      await served.write(
        'alerts.yaml',
        "channels: { hook: { type: webhook, url: 'http://127.0.0.1:2/' } }\nroutes: [{ to: hook }]\n",
      )
      await served.says(/read anew: 1 checks/)
      await served.write('blackbox.yml', 'modules: { http_2xx: { prober: htp } }\n')
      await served.says(/not read anew, what was there goes on: .*blackbox\.yml/)
    },
    timeoutMs,
  )
})

import { describe, expect, test } from 'bun:test'
import { chmod, rm, stat } from 'node:fs/promises'
import { opsctl, startOpsctl } from '../helpers/opsctl.ts'
import { poll } from '../helpers/poll.ts'
import { Shop } from './sync-shop.ts'

describe('opsctl sync-config', () => {
  test('shows the differences as text and as JSON Patch, and changes nothing', async () => {
    await using shop = await Shop.open()
    await shop.apply()
    await shop.write('config/app.json', '{ "port": 8081, "name": "shop" }\n')
    const { code, stdout } = await shop.run('diff')
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringContaining('-{ "port": 8080, "name": "shop" }\n+{ "port": 8081'),
    })
    const { items, data } = JSON.parse((await shop.run('diff', '-o', 'json')).stdout)
    expect(items[0].data.changes).toMatchObject({ app: { patch: [{ op: 'replace', path: '/port', value: 8081 }] } })
    expect(data.source).toMatchObject({ title: 'config', digest: expect.stringMatching(/^[0-9a-f]{64}$/) })
    expect(await shop.read('root/etc/app.json')).toContain('8080')
  }, 120_000)

  test('shows nothing of a file that is secret, whatever the format of the result', async () => {
    await using shop = await Shop.open()
    await shop.write(
      'sync.yaml',
      (await shop.read('sync.yaml')).replace('from: app.json\n', 'from: app.json\n    secret: true\n'),
    )
    await shop.write('config/app.json', '{ "port": 8080, "password": "correct horse" }\n')
    await shop.apply()
    await shop.write('config/app.json', '{ "port": 8080, "password": "battery staple" }\n')
    for (const format of ['human', 'json', 'junit', 'html']) {
      for (const verb of ['diff', 'plan', 'validate']) {
        const { code, stdout, stderr } = await shop.run(verb, '-o', format)
        expect({ code, told: /horse|staple/.test(stdout + stderr) }).toEqual({ code: 0, told: false })
      }
    }
    expect((await shop.run('diff')).stdout).toContain(`app.json: 46 B -> 47 B\n`)
    expect(await shop.read('root/etc/app.json')).toContain('correct horse')
  }, 120_000)

  test('plans which files and actions every wave would touch', async () => {
    await using shop = await Shop.open()
    const { code, stdout } = await shop.run('plan', '-o', 'json')
    expect({ code, waves: JSON.parse(stdout).data.waves }).toEqual({
      code: 0,
      waves: [
        {
          wave: 1,
          hosts: ['localhost'],
          changed: ['localhost'],
          files: [
            { id: 'nginx', hosts: ['localhost'] },
            { id: 'app', hosts: ['localhost'] },
          ],
          actions: [{ id: 'run-1', hosts: ['localhost'] }],
        },
      ],
    })
    expect(await shop.read('root/etc/nginx.conf')).toBe('')
  }, 120_000)

  test('applies what differs, calls the action once, and nothing the second time', async () => {
    await using shop = await Shop.open()
    await shop.apply()
    expect(await shop.read('root/etc/nginx.conf')).toBe('# localhost\nworker_processes 4;\n')
    expect((await stat(shop.at('root/etc/nginx.conf'))).mode & 0o777).toBe(0o640)
    const again = await shop.run('apply', '--yes', '-o', 'json')
    expect(JSON.parse(again.stdout).counts.byOutcome).toEqual({ ok: 2 })
    expect(await shop.read('root/log')).toBe('reloaded\n')
  }, 120_000)

  test('asks nobody without --yes, and changes nothing', async () => {
    await using shop = await Shop.open()
    const { code, stderr } = await shop.run('apply')
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(/sync-config plan.*--yes/) })
    expect(await shop.read('root/etc/nginx.conf')).toBe('')
  }, 60_000)

  const refusals: readonly (readonly [string, string, string, number, RegExp])[] = [
    [
      'its schema',
      'config/app.json',
      '{ "port": 10000 }',
      78,
      /sync\.yaml:\d+:\d+: app \(.*app\.json on localhost\): \/port must be <= 9000/,
    ],
    [
      'its format',
      'config/app.json',
      '{\n  "port" 8080',
      78,
      /sync\.yaml:\d+:\d+: app on localhost: .*app\.json:2:10: it is not JSON: a value in the place of :/,
    ],
    ['a policy', 'config/app.json', '{ "port": 80 }', 78, /localhost: no privileged ports/],
    ['a program of the host', 'config/nginx/workers', 'many', 1, /nginx\.conf: grep refuses it \(status 1\)/],
    [
      'an unknown name',
      'nginx.liquid',
      'a\n{{ config.nginx.wrokers }}',
      78,
      /nginx\.liquid:2:4: there is no config\.nginx\.wrokers[\s\S]*did you mean config\.nginx\.workers/,
    ],
    ['a reference to a secret', 'nginx.liquid', 'password ${secret:db}', 78, /\$\{secret:db\} can not be filled in/],
    ['a digest of the source', 'config/SHA256SUMS', `${'0'.repeat(64)}  app.json\n`, 78, /app\.json has the SHA-256/],
  ]
  test.each(refusals)(
    'refuses what is not valid by %s in every stage, before anything is touched',
    async (_, name, content, expected, message) => {
      await using shop = await Shop.open()
      await shop.apply()
      await shop.write(name, content)
      for (const verb of [['validate'], ['plan'], ['apply', '--yes']]) {
        const { code, stdout, stderr } = await shop.run(verb[0] ?? '', ...verb.slice(1))
        expect({ verb, code, told: stdout + stderr }).toEqual({ verb, code: expected, told: expect.stringMatching(message) })
      }
      expect(await shop.read('root/log')).toBe('reloaded\n')
      expect(await shop.read('root/etc/app.json')).toBe('{ "port": 8080, "name": "shop" }\n')
    },
    120_000,
  )

  test('tells where a text of the sync file itself is wrong, and that two names are one file', async () => {
    await using shop = await Shop.open()
    const text = await shop.read('sync.yaml')
    const refusal = async (from: string, to: string): Promise<string> => {
      await shop.write('sync.yaml', text.replace(from, to))
      const { code, stderr } = await shop.run('plan')
      expect(code).toBe(78)
      return stderr
    }
    const target = shop.at('root/etc/app.json')
    expect(await refusal(`to: ${target}`, 'to: "/etc/{{ host.nam }}"')).toMatch(
      /sync\.yaml:13:9: there is no host\.nam \(for localhost\)\nhint: did you mean host\.name\?\n/,
    )
    expect(await refusal(`to: ${target}`, 'to: "etc/{{ host.name }}"')).toMatch(
      /sync\.yaml:13:9: app: to: "etc\/localhost" is not/,
    )
    expect(await refusal(`to: ${target}`, `to: ${shop.at('root//etc/./nginx.conf')}`)).toContain('nginx and app both go to')
    await shop.write('nginx.liquid', '\ufeffworker_processes 4;\r\n')
    await shop.write('sync.yaml', text.replace(/ {4}validate:.*\n/, ''))
    await shop.apply()
    expect(await shop.read('root/etc/nginx.conf')).toBe('\ufeffworker_processes 4;\r\n')
  }, 60_000)

  test('takes everything back when a gate does not pass', async () => {
    await using shop = await Shop.open('gates:\n  - command: { run: "false" }\n')
    await shop.write('root/etc/app.json', 'by hand\n')
    const { code, stderr } = await shop.run('apply', '--yes')
    expect({ code, stderr }).toEqual({ code: 5, stderr: expect.any(String) })
    expect(await shop.read('root/etc/app.json')).toBe('by hand\n')
    expect(await shop.read('root/etc/nginx.conf')).toBe('')
    const status = await shop.run('status')
    expect({ code: status.code, stderr: status.stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining('nothing was applied'),
    })
  }, 60_000)

  test('shows what somebody changed by hand: content, mode, or gone', async () => {
    await using shop = await Shop.open()
    await shop.apply()
    expect((await shop.run('status')).code).toBe(0)
    await chmod(shop.at('root/etc/nginx.conf'), 0o600)
    await rm(shop.at('root/etc/app.json'))
    const { code, stdout } = await shop.run('status', '-o', 'json')
    const drift = JSON.parse(stdout).items[0].data.drift.map(({ what }: { what: string }) => what)
    expect({ code, drift }).toEqual({ code: 1, drift: ['has the mode 0600', 'is gone'] })
  }, 60_000)

  test('rolls back to what an earlier run brought, by its id or by the revision of the source', async () => {
    await using shop = await Shop.open()
    const first = await shop.apply()
    await shop.write('config/nginx/workers', '8')
    await shop.write('nginx.liquid', 'changed meanwhile\nworker_processes {{ config.nginx.workers }};\n')
    await shop.apply()
    const back = await shop.run('rollback', first, '--yes')
    expect({ code: back.code, stderr: back.stderr }).toEqual({ code: 0, stderr: expect.any(String) })
    expect(await shop.read('root/etc/nginx.conf')).toBe('# localhost\nworker_processes 4;\n')
    const { data } = JSON.parse((await shop.run('status', '-o', 'json')).stdout)
    expect(data.revisions.map(({ outcome }: { outcome: string }) => outcome)).toEqual(['kept', 'kept', 'kept'])
    expect(data.revisions[2].rollbackOf).toBe(first)
    await shop.run('rollback', data.revisions[1].revision, '--yes')
    expect(await shop.read('root/etc/nginx.conf')).toBe('changed meanwhile\nworker_processes 8;\n')
    const unknown = await shop.run('rollback', 'r99', '--yes')
    expect({ code: unknown.code, stderr: unknown.stderr }).toEqual({ code: 2, stderr: expect.stringContaining(first) })
  }, 120_000)

  test('forgets an apply that was undone: drift is judged against the one before', async () => {
    await using shop = await Shop.open()
    await shop.apply()
    await shop.write('config/nginx/workers', '8')
    const second = await shop.apply()
    expect((await opsctl(['--state-dir', shop.at('state'), 'undo', second])).code).toBe(0)
    const { code, stdout } = await shop.run('status')
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('2 files as applied') })
  }, 60_000)

  test('watches: applies each revision, survives a bad one, tells drift and overwrites none', async () => {
    await using shop = await Shop.open()
    const watch = await startOpsctl(shop.args('watch', '--yes', '-v', '--reconcile', '300ms'), { deadlineMs: 100_000 })
    const untilWorkers = (text: string) =>
      poll(`workers ${text}`, 30_000, async () => (await shop.read('root/etc/nginx.conf')).includes(`worker_processes ${text};`))
    await untilWorkers('4')
    await shop.write('config/nginx/workers', '5')
    await untilWorkers('5')
    await shop.write('config/nginx/workers', 'many')
    await watch.until(/refuses it|could not be applied/)
    await shop.write('config/nginx/workers', '6')
    await untilWorkers('6')
    await poll('the run is over', 30_000, () => (watch.stderr().match(/a revision was applied/g) ?? []).length >= 3)
    await shop.write('root/etc/app.json', 'by hand\n')
    await watch.until(/localhost is not as it was left: .*app\.json has another content/)
    watch.kill('SIGTERM')
    expect((await watch.ended).code).toBe(143)
    expect(await shop.read('root/etc/app.json')).toBe('by hand\n')
  }, 120_000)
})

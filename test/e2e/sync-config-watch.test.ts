import { describe, expect, test } from 'bun:test'
import { mkdir, rm } from 'node:fs/promises'
import { freePort } from '../helpers/free-port.ts'
import { opsctl, startOpsctl } from '../helpers/opsctl.ts'
import { poll } from '../helpers/poll.ts'
import { Shop } from './sync-shop.ts'

/** The n-th line of a log with a text, once it is there. */
const lines = (log: string, pattern: RegExp): string[] => log.split('\n').filter(line => pattern.test(line))

const hasWorkers = async (shop: Shop, name: string, count: number): Promise<boolean> =>
  (await shop.read(name)).includes(`worker_processes ${count};`)

describe('opsctl sync-config watch', () => {
  test('tries a revision again that a lock kept from a host, without a new one', async () => {
    await using shop = await Shop.open()
    const watch = await startOpsctl(shop.args('watch', '--yes', '-v'), { deadlineMs: 110_000 })
    await poll('4 workers', 60_000, () => /a revision was applied/.test(watch.stderr()))
    const hold = `touch ${shop.at('held')}; while [ -e ${shop.at('held')} ]; do sleep 0.05; done`
    await shop.write('holder.yaml', `name: a slow change\ntargets: localhost\nsteps:\n  - run: ${hold}\n    rollback: ":"\n`)
    const holder = opsctl(['--state-dir', shop.at('state'), 'exec', '--yes', shop.at('holder.yaml')], { deadlineMs: 110_000 })
    await poll('the host is locked', 60_000, () => Bun.file(shop.at('held')).exists())
    await shop.write('config/nginx/workers', '5')
    await poll('it is told', 60_000, () => lines(watch.stderr(), /has held .* again="?try 2 of 5/).length > 0)
    await rm(shop.at('held'))
    expect((await holder).code).toBe(0)
    await poll('5 workers', 60_000, () => hasWorkers(shop, 'root/etc/nginx.conf', 5))
    await poll('it is applied', 60_000, () => lines(watch.stderr(), /a revision was applied/).length === 2)
    watch.kill('SIGTERM')
    expect((await watch.ended).code).toBe(143)
  }, 120_000)

  test('gives a revision up that could not be applied so often, and begins anew with the next one', async () => {
    await using shop = await Shop.open()
    await shop.write(
      'sync.yaml',
      (await shop.read('sync.yaml')).replace('targets: localhost', `targets: 127.0.0.1:${await freePort()}`),
    )
    const args = shop.args(
      'watch',
      '--yes',
      '--tries',
      '2',
      '--retries',
      '0',
      '--ssh-config',
      'none',
      '--host-key-policy',
      'accept-new',
    )
    const watch = await startOpsctl(args, { deadlineMs: 110_000 })
    const failures = (): string[] => lines(watch.stderr(), /could not be applied everywhere/)
    await poll('it is given up', 60_000, () => failures().length === 2)
    expect(failures()).toEqual([expect.stringContaining('again="try 2 of 2"'), expect.not.stringContaining('again=')])
    expect(failures()[1]).toMatch(/because="127\.0\.0\.1.*refused/)
    await shop.write('config/nginx/workers', '5')
    await poll('the next one is tried', 60_000, () => failures().length === 3)
    expect(failures()[2]).toContain('again="try 2 of 2"')
    watch.kill('SIGTERM')
    expect((await watch.ended).code).toBe(143)
  }, 120_000)

  test('tries nothing again that a host refused, and applies the revision before it again when that comes back', async () => {
    await using shop = await Shop.open()
    await shop.write('hosts.yaml', 'hosts:\n  web1: { via: local }\n  web2: { via: local }\n')
    for (const name of ['web1', 'web2']) await mkdir(shop.at('root', name))
    await shop.write(
      'sync.yaml',
      `name: the shop
source: { file: { path: config, poll: 50ms } }
targets: web[1-2]
rollback: host
files:
  - template: nginx.liquid
    to: "${shop.at('root')}/{{ host.name }}/nginx.conf"
    run: "test {{ host.name }}{{ config.nginx.workers }} != web25"
`,
    )
    const watch = await startOpsctl(shop.args('watch', '--yes', '-v', '-i', shop.at('hosts.yaml'), '--max-fail', '1'), {
      deadlineMs: 110_000,
    })
    const stands = (web1: number, web2: number) =>
      poll(
        `${web1} and ${web2} workers`,
        60_000,
        async () =>
          (await hasWorkers(shop, 'root/web1/nginx.conf', web1)) && (await hasWorkers(shop, 'root/web2/nginx.conf', web2)),
      )
    await poll('4 workers', 60_000, () => /a revision was applied/.test(watch.stderr()))
    await shop.write('config/nginx/workers', '5')
    await poll('it fails', 60_000, () => /could not be applied everywhere/.test(watch.stderr()))
    expect(watch.stderr()).not.toContain('again=')
    await stands(5, 4)
    await shop.write('config/nginx/workers', '4')
    await stands(4, 4)
    watch.kill('SIGTERM')
    expect((await watch.ended).code).toBe(143)
  }, 120_000)
})

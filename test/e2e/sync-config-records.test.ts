import { describe, expect, test } from 'bun:test'
import { mkdir, readdir } from 'node:fs/promises'
import { freePort } from '../helpers/free-port.ts'
import { opsctl, startOpsctl } from '../helpers/opsctl.ts'
import { poll } from '../helpers/poll.ts'
import { Shop } from './sync-shop.ts'

/** Two hosts that are directories of this machine: web1 and web2 below `root`. */
async function twoHosts(): Promise<Shop> {
  const shop = await Shop.open()
  await shop.write('hosts.yaml', 'hosts:\n  web1: { via: local }\n  web2: { via: local }\n  db1: { via: local }\n')
  for (const name of ['web1', 'web2', 'db1']) await mkdir(shop.at('root', name))
  await shop.write(
    'sync.yaml',
    `name: the shop
source: { file: { path: config, poll: 50ms } }
targets: web[1-2]
files:
  - { template: nginx.liquid, to: "${shop.at('root')}/{{ host.name }}/nginx.conf" }
`,
  )
  return shop
}

const run = (shop: Shop, verb: string, ...args: readonly string[]) => shop.run(verb, '-i', shop.at('hosts.yaml'), ...args)

async function apply(shop: Shop, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(shop, 'apply', '--yes', '-o', 'json', ...args)
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.any(String) })
  return JSON.parse(stdout).runId
}

async function verdicts(shop: Shop, ...args: readonly string[]): Promise<Record<string, string>> {
  const { items } = JSON.parse((await run(shop, 'status', '-o', 'json', ...args)).stdout)
  return Object.fromEntries(items.map(({ host, verdict }: { host: string; verdict: string }) => [host, verdict]))
}

describe('the records of sync-config', () => {
  test('tell of no change where a host can not be reached: no other one is touched', async () => {
    await using shop = await twoHosts()
    const dead = `127.0.0.1:${await freePort()}`
    const text = (await shop.read('sync.yaml')).replace('web[1-2]', `[web1, "${dead}"]\nwaves: [1, 100%]`)
    await shop.write('sync.yaml', text.replace('nginx.conf" }', `nginx.conf", run: "echo reloaded >> ${shop.at('root/log')}" }`))
    const { code, stderr } = await run(
      shop,
      'apply',
      '--yes',
      '--retries',
      '0',
      '--ssh-config',
      'none',
      '--host-key-policy',
      'accept-new',
    )
    expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringContaining('1 unreachable') })
    expect(await shop.read('root/log')).toBe('')
    expect(await shop.read('root/web1/nginx.conf')).toBe('')
    expect((await run(shop, 'status')).code).toBe(2)
  }, 60_000)

  test('bring no host the files of another one: a roll-back of what a host never had is refused', async () => {
    await using shop = await twoHosts()
    await apply(shop)
    await shop.write('config/nginx/workers', '8')
    await apply(shop)
    const { code, stderr } = await run(shop, 'rollback', '--yes', '-t', 'web1,db1')
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringMatching(/brought nothing to db1\nhint: it went to web\[1-2\]/),
    })
    expect(await shop.read('root/db1/nginx.conf')).toBe('')
    expect(await shop.read('root/web1/nginx.conf')).toContain('worker_processes 8;')
  }, 120_000)

  test('tell for every host what it was given last, also when others were given something since', async () => {
    await using shop = await twoHosts()
    const first = await apply(shop)
    await shop.write('config/nginx/workers', '8')
    await apply(shop, '-t', 'web2')
    expect(await verdicts(shop)).toEqual({ web1: 'pass', web2: 'pass' })
    await shop.write('root/web1/nginx.conf', 'by hand\n')
    expect(await verdicts(shop)).toEqual({ web1: 'fail', web2: 'pass' })
    await run(shop, 'rollback', first, '--yes', '-t', 'web1')
    expect(await verdicts(shop)).toEqual({ web1: 'pass', web2: 'pass' })
  }, 120_000)

  test('forget a host that the last run on all hosts no longer went to', async () => {
    await using shop = await twoHosts()
    await apply(shop)
    await shop.write('sync.yaml', (await shop.read('sync.yaml')).replace('web[1-2]', 'web2'))
    await apply(shop)
    expect(await verdicts(shop)).toEqual({ web2: 'pass' })
  }, 120_000)

  test('are not begun for a run that is not', async () => {
    await using shop = await twoHosts()
    expect((await run(shop, 'apply')).code).toBe(2)
    const [folder = ''] = await readdir(shop.at('state/sync'))
    expect(await readdir(shop.at('state/sync', folder))).toEqual(['snapshot'])
  }, 60_000)

  test('are in the order of time after a long watch, whose runs are listed like any other', async () => {
    await using shop = await twoHosts()
    const watch = await startOpsctl(shop.args('watch', '--yes', '-v', '-i', shop.at('hosts.yaml')), { deadlineMs: 100_000 })
    const applied = (): number => (watch.stderr().match(/a revision was applied/g) ?? []).length
    for (let workers = 1; workers <= 11; workers++) {
      await shop.write('config/nginx/workers', String(workers))
      await poll(`revision ${workers}`, 30_000, async () =>
        (await shop.read('root/web2/nginx.conf')).includes(`worker_processes ${workers};`),
      )
    }
    await poll('the last run is over', 30_000, () => applied() >= 11)
    watch.kill('SIGTERM')
    expect((await watch.ended).code).toBe(143)
    expect(await verdicts(shop)).toEqual({ web1: 'pass', web2: 'pass' })
    const runs = await opsctl(['--state-dir', shop.at('state'), 'runs', 'list', '-o', 'json'])
    expect(JSON.parse(runs.stdout).runs).toHaveLength(applied())
    expect((await run(shop, 'rollback', '--yes')).code).toBe(0)
    expect(await shop.read('root/web1/nginx.conf')).toContain('worker_processes 10;')
  }, 120_000)
})

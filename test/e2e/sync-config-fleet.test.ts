import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { chown, lstat, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Etcd } from '../helpers/etcd.ts'
import { type Fleet, startFleet } from '../helpers/fleet.ts'
import { freePort } from '../helpers/free-port.ts'
import { findProgram, needs } from '../helpers/needs.ts'
import { type OpsctlEnd, opsctl, startOpsctl } from '../helpers/opsctl.ts'
import { poll } from '../helpers/poll.ts'
import { type TempDir, tempDir } from '../helpers/temp-dir.ts'

// Ten hosts with a sshd and an nginx each, and their configuration in an etcd. They share a file system: each has a directory of its own.

const hasAll = needs('root', 'sshd', 'nginx', 'etcd', 'curl')
const broken = '127.0.1.5'

let fleet: Fleet
let etcd: Etcd
let scratch: TempDir
let port: number

const at = (...parts: readonly string[]): string => join(scratch.path, ...parts)
const conf = (address: string): string => join(fleet.directory, 'hosts', address, 'nginx.conf')

beforeAll(async () => {
  if (!hasAll) return
  ;[fleet, etcd, scratch, port] = await Promise.all([startFleet({ hosts: 10 }), Etcd.start(), tempDir(), freePort()])
  const { uid, gid } = idsOf(fleet.user.name)
  await mkdir(join(fleet.directory, 'hosts'))
  for (const address of fleet.addresses) {
    const directory = join(fleet.directory, 'hosts', address)
    await mkdir(directory)
    await writeFile(conf(address), nginxConf({ directory, address, status: '200', message: 'old' }), { mode: 0o640 })
    for (const path of [directory, conf(address)]) await chown(path, uid, gid)
  }
  // Over ssh, since the hosts have processes of their own; they end with the fleet.
  const start = `set -- $SSH_CONNECTION; cd ${fleet.directory}/hosts/$3 && ${findProgram('nginx')} -p $PWD -c nginx.conf -e error.log`
  const started = await opsctl(['exec', '--ssh-config', fleet.sshConfigFile, '-t', '127.0.1.[1-10]', start], {
    deadlineMs: 60_000,
  })
  expect({ code: started.code, stderr: started.stderr }).toEqual({ code: 0, stderr: expect.any(String) })
  for (const address of fleet.addresses)
    await poll(`nginx of ${address}`, 30_000, async () => (await answerOf(address)) === 'old')
  const directory = join(fleet.directory, 'hosts', '{{ host.name }}')
  const status = `{% if config.broken == host.name %}503{% else %}200{% endif %}`
  await writeFile(
    at('nginx.liquid'),
    nginxConf({ directory, address: '{{ host.address }}', status, message: '{{ config.message }}' }),
  )
  // A reload is over when the workers of the old configuration are gone.
  const reload = `cd ${directory} && old=$(pgrep -P $(cat nginx.pid)); kill -HUP $(cat nginx.pid); for pid in $old; do while kill -0 $pid 2>/dev/null; do sleep 0.05; done; done`
  await writeFile(
    at('sync.yaml'),
    `name: nginx of the shop
source: { etcd: { endpoints: ["${etcd.endpoint}"], timeout: 2s, heartbeat: 2s }, prefix: shop/ }
targets: 127.0.1.[1-10]
waves: [1, 50%, 100%]
files:
  - id: nginx
    template: nginx.liquid
    to: ${JSON.stringify(join(directory, 'nginx.conf'))}
    validate: [${findProgram('nginx')}, -t, -q, -p, ${JSON.stringify(directory)}, -e, stderr, -c, "{}"]
    run: ${JSON.stringify(reload)}
gates:
  - command: { run: "set -- $SSH_CONNECTION; curl -fsS http://$3:${port}/" }
`,
  )
  await etcd.put('shop/message', 'first')
  await etcd.put('shop/broken', broken)
}, 120_000)

afterAll(async () => {
  await Promise.all([fleet?.stop(), etcd?.[Symbol.asyncDispose](), scratch?.[Symbol.asyncDispose]()])
})

function idsOf(user: string): { readonly uid: number; readonly gid: number } {
  const id = (flag: string): number => Number(Bun.spawnSync(['id', flag, user]).stdout.toString())
  return { uid: id('-u'), gid: id('-g') }
}

function nginxConf(parts: Readonly<Record<'directory' | 'address' | 'status' | 'message', string>>): string {
  const { directory, address, status, message } = parts
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(name => `${name}_temp_path ${directory}/temp;`)
  return `pid ${directory}/nginx.pid;
worker_processes 1;
events { worker_connections 32; }
http {
  access_log off;
  ${temporary.join(' ')}
  server { listen ${address}:${port} reuseport; location / { return ${status} "${message}"; } }
}
`
}

const answerOf = async (address: string): Promise<string> =>
  fetch(`http://${address}:${port}/`).then(
    answer => answer.text(),
    () => '',
  )

const answers = (): Promise<string[]> => Promise.all(fleet.addresses.map(answerOf))

/** Names, modes, owners, times and contents of what a change could have touched. */
async function fingerprint(): Promise<unknown> {
  return Promise.all(
    fleet.addresses.map(async address => {
      const { mode, uid, gid, mtimeMs } = await lstat(conf(address))
      const names = (await readdir(join(fleet.directory, 'hosts', address))).sort()
      return { address, names, mode, uid, gid, time: Math.floor(mtimeMs / 1000), content: await readFile(conf(address), 'utf8') }
    }),
  )
}

const args = (verb: string, ...more: readonly string[]): string[] => [
  ...['--state-dir', at('state'), 'sync-config', verb, '-f', at('sync.yaml')],
  ...['--ssh-config', fleet.sshConfigFile, '-i', fleet.inventoryFile, ...more],
]
const run = (verb: string, ...more: readonly string[]): Promise<OpsctlEnd> => opsctl(args(verb, ...more), { deadlineMs: 100_000 })

describe.skipIf(!hasAll)('opsctl sync-config on ten hosts', () => {
  test('leaves every host byte for byte as before when the gate of the second wave fails', async () => {
    const before = await fingerprint()
    const { code, stdout, stderr } = await run('apply', '--yes', '-o', 'json')
    expect({ code, stderr }).toEqual({ code: 5, stderr: expect.any(String) })
    const items: { host: string; outcome?: string; verdict?: string }[] = JSON.parse(stdout).items
    const hostsWith = (outcome: string) => [...new Set(items.filter(each => each.outcome === outcome).map(({ host }) => host))]
    expect(hostsWith('undone')).toHaveLength(5)
    expect(hostsWith('skipped')).toHaveLength(5)
    expect(items.filter(({ verdict }) => verdict === 'fail').map(({ host }) => host)).toEqual([broken])
    expect(await fingerprint()).toEqual(before)
    expect(await answers()).toEqual(Array(10).fill('old'))
  }, 120_000)

  test('touches no host when nginx refuses the file of one', async () => {
    const before = await fingerprint()
    await etcd.put('shop/broken', '')
    await etcd.put('shop/message', 'a quote " too many')
    const { code, stderr } = await run('apply', '--yes')
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/nginx refuses it \(status 1\).*emerg/) })
    expect(await fingerprint()).toEqual(before)
  }, 120_000)

  test('brings what is right to all of them', async () => {
    await etcd.put('shop/message', 'second')
    const { code, stderr } = await run('apply', '--yes')
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.any(String) })
    expect(await answers()).toEqual(Array(10).fill('second'))
  }, 120_000)

  test('brings a put to every host while it watches', async () => {
    await writeFile(at('sync.yaml'), (await readFile(at('sync.yaml'), 'utf8')).replace('waves: [1, 50%, 100%]', 'waves: [100%]'))
    const watch = await startOpsctl(args('watch', '--yes', '-v'), { deadlineMs: 110_000 })
    await poll('the watch has applied what is there', 60_000, () => /a revision was applied/.test(watch.stderr()))
    const from = performance.now()
    await etcd.put('shop/message', 'third')
    await poll('the put is on ten hosts', 60_000, async () =>
      (await Promise.all(fleet.addresses.map(address => readFile(conf(address), 'utf8')))).every(text => text.includes('third')),
    )
    const tookMs = Math.round(performance.now() - from)
    process.stdout.write(`from a put in etcd to the file on ten hosts: ${tookMs} ms\n`)
    expect(tookMs).toBeLessThan(20_000)
    await poll('nginx serves it', 60_000, async () => (await answers()).every(answer => answer === 'third'))
    await poll('the run is over', 60_000, () => (watch.stderr().match(/a revision was applied/g) ?? []).length === 2)
    watch.kill('SIGTERM')
    expect((await watch.ended).code).toBe(143)
  }, 120_000)

  test('shows on which host somebody changed a file', async () => {
    expect((await run('status')).code).toBe(0)
    await writeFile(conf('127.0.1.3'), '# by hand\n')
    const { code, stdout } = await run('status', '-o', 'json')
    const items: { host: string; verdict: string }[] = JSON.parse(stdout).items
    expect({ code, bad: items.filter(({ verdict }) => verdict !== 'pass').map(({ host }) => host) }).toEqual({
      code: 1,
      bad: ['127.0.1.3'],
    })
  }, 120_000)

  test('serves from the snapshot while etcd is gone, says how old it is, and refuses one that is too old or not whole', async () => {
    await etcd.kill()
    const stale = await run('apply', '--yes', '--max-stale', '1ms')
    expect({ code: stale.code, stderr: stale.stderr }).toEqual({
      code: 69,
      stderr: expect.stringMatching(/snapshot of it is .* old, more than 1ms/),
    })
    const { code, stdout, stderr } = await run('apply', '--yes', '-o', 'json')
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/its snapshot of \S+ ago serves/) })
    expect(JSON.parse(stdout).data.source.snapshotAgeMs).toBeGreaterThan(0)
    expect(await readFile(conf('127.0.1.3'), 'utf8')).toContain('third')
    const [folder = ''] = await readdir(at('state/sync'))
    const snapshot = at('state/sync', folder, 'snapshot')
    await writeFile(snapshot, (await readFile(snapshot, 'utf8')).slice(0, -20))
    const cut = await run('plan')
    expect({ code: cut.code, stderr: cut.stderr }).toEqual({ code: 69, stderr: expect.stringContaining('not what was written') })
  }, 120_000)
})

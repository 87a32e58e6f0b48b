import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { chmod, chown } from 'node:fs/promises'
import { join } from 'node:path'
import { loadSshConfig } from '../../../src/lib/transport/ssh-config/ssh-config.ts'
import { needs } from '../../helpers/needs.ts'
import { type TempDir, tempDir } from '../../helpers/temp-dir.ts'
import { ConfigBench } from './config-bench.ts'

const signal = new AbortController().signal
let dir: TempDir
let bench: ConfigBench

beforeAll(async () => {
  dir = await tempDir()
  bench = new ConfigBench(dir.path)
})
afterAll(() => dir[Symbol.asyncDispose]())

describe('errors name the place and the nearest word', () => {
  const cases: Readonly<Record<string, readonly [string, string]>> = {
    'an unknown keyword': ['Host *\n  Prot 22\n', ":2: unknown keyword 'prot'"],
    'a bad word': ['\nBatchMode yess\n', ":2: batchmode: 'yess' is none of yes, true, no, false"],
    'a bad port': ['Port 70000\n', ":1: port: '70000' is not a port from 1 to 65535"],
    'open quotes': ['User "ops\n', ":1: quotes are not closed after 'User'"],
    'a token that ssh 9.2 does not have': ['UserKnownHostsFile /k/%j\n', ":1: '/k/%j': unknown token '%j'"],
    'a variable that is not set': [
      'IdentityFile ${OPSCTL_NOT_SET}/key\n',
      ":1: '${OPSCTL_NOT_SET}/key': the environment variable 'OPSCTL_NOT_SET' is not set",
    ],
    'a criterion of a newer ssh': ['Match tagged prod\n', ":1: 'Match tagged' is not supported"],
    'a misspelt criterion': ['Match hots web1\n', ":1: unknown Match criterion 'hots'"],
    'a KnownHostsCommand': ['KnownHostsCommand /usr/bin/keys %H\n', ':1: KnownHostsCommand is not supported'],
    'a jump through the host itself': ['Host *\n  ProxyJump web1\n', ':2: proxyjump: web1 would be reached through itself'],
  }
  for (const [name, [config, message]] of Object.entries(cases)) {
    test(name, async () => {
      const home = await bench.place(`error-${name}`, [['config', config]])
      const error = await bench.resolve(join(home, 'config'), 'web1')
      expect(error).toMatchObject({ code: 'E_SSH_CONFIG', message: `${home}/config${message}` })
    })
  }

  test('an unknown keyword before any host is looked at, unless an IgnoreUnknown somewhere names it', async () => {
    const load = async (name: string, config: string) => {
      const home = await bench.place(name, [['config', config]])
      return loadSshConfig({ only: join(home, 'config') }, bench.world)
    }
    const wrong = await load('unknown', 'Host db1\n  Prot 22\n')
    expect(() => wrong.refuseUnknown()).toThrow(/config:2: unknown keyword 'prot'/)
    const perHost = await load('ignored', 'Host web*\n  IgnoreUnknown Made*\nHost *\n  MadeUp yes\n')
    expect(() => perHost.refuseUnknown()).not.toThrow()
  })

  test('a file that is not there', async () => {
    expect(await bench.resolve('/nonexistent/config', 'web1')).toMatchObject({
      code: 'E_SSH_CONFIG',
      message: '/nonexistent/config: there is no such file',
    })
  })
})

describe('owners and permissions', () => {
  test('a user configuration that the group can write is refused', async () => {
    const home = await bench.place('group-writable', [['config', 'User a\n']])
    await chmod(join(home, 'config'), 0o664)
    await expect(loadSshConfig({ user: join(home, 'config') }, bench.world)).rejects.toThrow(
      `bad owner or permissions on ${home}/config`,
    )
  })

  test('so is an included file, whoever includes it', async () => {
    const home = await bench.place('open-include', [
      ['config', 'Include {DIR}/more\n'],
      ['more', 'User a\n'],
    ])
    await chmod(join(home, 'more'), 0o666)
    await expect(loadSshConfig({ only: join(home, 'config') }, bench.world)).rejects.toThrow(
      `bad owner or permissions on ${home}/more`,
    )
  })

  test.skipIf(!needs('root'))("so is another user's", async () => {
    const home = await bench.place('foreign', [['config', 'User a\n']])
    await chown(join(home, 'config'), 12_345, 12_345)
    await expect(loadSshConfig({ user: join(home, 'config') }, bench.world)).rejects.toThrow('uid 12345')
  })

  test('Match exec runs nothing from a file that others can write, and says which line it is', async () => {
    const home = await bench.place('open-exec', [['config', 'User a\nMatch exec "touch {DIR}/ran"\n  Port 1\n']])
    await chmod(join(home, 'config'), 0o646)
    expect(await bench.resolve(join(home, 'config'), 'web1')).toMatchObject({
      code: 'E_SSH_CONFIG',
      data: { file: `${home}/config`, line: 2 },
    })
    expect(await Bun.file(join(home, 'ran')).exists()).toBe(false)
  })

  test('the same command of Match exec runs once for many hosts, another one for each', async () => {
    const home = await bench.place('exec-once', [
      ['config', 'Match exec "vpn-is-up"\n  User a\nMatch exec "test %h"\n  Port 22\n'],
    ])
    const commands: string[] = []
    const config = await loadSshConfig(
      { only: join(home, 'config') },
      { ...bench.world, exec: async command => commands.push(command) > 0 },
    )
    await Promise.all(['web1', 'web2', 'web3'].map(host => config.resolve({ host }, signal)))
    expect(commands.sort()).toEqual(['test web1', 'test web2', 'test web3', 'vpn-is-up'])
  })
})

describe('what opsctl makes of it', () => {
  async function resolved(
    config: string,
    query: { readonly host: string; readonly user?: string; readonly port?: number; readonly options?: string[] },
  ) {
    const memory = {
      ...bench.world,
      home: '/home/ops',
      user: 'ops',
      hostname: 'admin1.example.org',
      env: { SSH_AUTH_SOCK: '/run/agent', KEYS: '/keys' },
    }
    const loaded = await loadSshConfig(
      { only: '/config' },
      { ...memory, readFile: async path => (path === '/config' ? config : undefined) },
    )
    return loaded.resolve(query, signal)
  }

  test('what the caller gives is stronger than any file', async () => {
    const host = await resolved('Host *\n  User a\n  Port 1\n  LogLevel ERROR\n', {
      host: 'web1',
      user: 'b',
      port: 2,
      options: ['LogLevel=DEBUG', 'Compression yes'],
    })
    expect(host).toMatchObject({ user: 'b', port: 2, logLevel: 'DEBUG', compression: true })
  })

  test('without configuration the defaults of ssh hold', async () => {
    expect(await resolved('', { host: 'web1' })).toMatchObject({
      hostname: 'web1',
      user: 'ops',
      port: 22,
      identityFilesAreDefault: true,
      identityAgent: '/run/agent',
      proxyJump: [],
      strictHostKeyChecking: 'ask',
      userKnownHostsFiles: ['/home/ops/.ssh/known_hosts', '/home/ops/.ssh/known_hosts2'],
      globalKnownHostsFiles: ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'],
      connectTimeoutMs: 0,
    })
  })

  test('paths are expanded', async () => {
    const host = await resolved(
      'HostName %h.example.org\nIdentityFile ~/.ssh/%r@%n\nIdentityFile ${KEYS}/%h-%p-%L\nIdentityFile none\nCertificateFile %d/cert\n',
      { host: 'web1' },
    )
    expect(host.identityFiles).toEqual(['/home/ops/.ssh/ops@web1', '/keys/web1.example.org-22-admin1'])
    expect(host.certificateFiles).toEqual(['/home/ops/cert'])
  })

  test('hops are in the order they are passed', async () => {
    const host = await resolved('ProxyJump ops@gate.example.org:2222,[fd00::1]\n', { host: 'web1' })
    expect(host.proxyJump).toEqual([{ host: 'gate.example.org', user: 'ops', port: 2222 }, { host: 'fd00::1' }])
    expect(host.proxyCommand).toBeUndefined()
  })

  test('a proxy command is expanded and knows its line', async () => {
    const host = await resolved('Host web1\n  ProxyCommand nc -x proxy %h %p # %r\n', { host: 'web1' })
    expect(host.proxyCommand).toEqual({ command: 'nc -x proxy web1 22 # ops', place: { file: '/config', line: 2 } })
  })

  const agents: readonly (readonly [string, string | undefined])[] = [
    ['none', undefined],
    ['SSH_AUTH_SOCK', '/run/agent'],
    ['$KEYS', '/keys'],
    ['$UNSET', undefined],
    ['${KEYS}/%u', '/keys/ops'],
    ['~/agent', '/home/ops/agent'],
  ]
  for (const [written, socket] of agents) {
    test(`IdentityAgent ${written} is ${socket ?? 'no agent'}`, async () => {
      expect((await resolved(`IdentityAgent ${written}\n`, { host: 'web1' })).identityAgent).toBe(socket)
    })
  }

  test('names are completed by the first domain under which they resolve', async () => {
    const config = 'CanonicalizeHostname yes\nCanonicalDomains a.example b.example\nHost *.b.example\n  User found\n'
    const lookup = async (name: string): Promise<boolean> => name === 'web1.b.example.'
    const loaded = await loadSshConfig({ only: '/config' }, { ...bench.world, lookup, readFile: async () => config })
    expect(await loaded.resolve({ host: 'web1' }, signal)).toMatchObject({ hostname: 'web1.b.example', user: 'found' })
    expect(await loaded.resolve({ host: 'web1.x.y' }, signal)).toMatchObject({ hostname: 'web1.x.y' })
  })

  test('host names are listed with those of includes, without patterns', async () => {
    const home = await bench.place('names', [
      ['config', 'Host web1 web2 !web3 db*\nInclude {DIR}/more\nMatch host match1\nHost web1 last\n'],
      ['more', 'Host inner?\nHost inner1\n'],
    ])
    expect((await loadSshConfig({ only: join(home, 'config') }, bench.world)).hostNames()).toEqual([
      'web1',
      'web2',
      'inner1',
      'last',
    ])
  })

  test('five hundred hosts of a large file take a moment', async () => {
    const hosts = Array.from({ length: 500 }, (_, index) => `web${index}`)
    const config = `${hosts.map(host => `Host ${host}\n  HostName ${host}.example.org\n  User deploy\n`).join('')}Host *\n  ServerAliveInterval 30\n`
    const loaded = await loadSshConfig({ only: '/config' }, { ...bench.world, readFile: async () => config })
    const started = performance.now()
    const resolved = await Promise.all(hosts.map(host => loaded.resolve({ host }, signal)))
    expect(resolved[499]?.hostname).toBe('web499.example.org')
    expect(performance.now() - started).toBeLessThan(500)
  })
})

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ResolvedHost } from '../../../src/lib/transport/ssh-config/resolved-host.ts'
import { loadSshConfig, type SshConfigWorld } from '../../../src/lib/transport/ssh-config/ssh-config.ts'
import { systemWorld } from '../../../src/lib/transport/ssh-config/system-world.ts'
import { randomConfig } from './random-config.ts'
import { expectedLines, type KnownAlgorithms, parseDump, printedName } from './ssh-dump.ts'

// ssh takes ~ from the password database and not from HOME, so ~/.ssh/config and /etc/ssh/ssh_config of this machine are out of reach here:
// everything is compared through -F. HOME does count for includes.
const hasSsh = Bun.which('ssh') !== null
const signal = new AbortController().signal
let directory = ''
let env: Record<string, string | undefined> = {}
let world: SshConfigWorld
let known: KnownAlgorithms = { defaults: new Map(), supported: new Map() }

async function run(argv: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = Bun.spawn([...argv], { env, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' })
  const [stdout, stderr] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  return { code: await child.exited, stdout, stderr }
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'opsctl-ssh-config-'))
  env = { ...process.env, OPSCTL_TEST: '/var/opsctl-test', SHELL: '/bin/sh', HOME: directory }
  world = systemWorld({
    env,
    lookup: async () => false,
    exec: async command => (await run(['/bin/sh', '-c', command])).code === 0,
  })
  if (hasSsh) known = await askForAlgorithms()
})
afterAll(() => rm(directory, { recursive: true, force: true }))

async function askForAlgorithms(): Promise<KnownAlgorithms> {
  const queries = {
    ciphers: 'cipher',
    macs: 'mac',
    kexalgorithms: 'kex',
    hostkeyalgorithms: 'key-sig',
    pubkeyacceptedalgorithms: 'key-sig',
  }
  const supported = new Map<string, string[]>()
  for (const [keyword, query] of Object.entries(queries)) {
    supported.set(keyword, (await run(['ssh', '-Q', query])).stdout.trim().split('\n'))
  }
  return { defaults: parseDump((await run(['ssh', '-F', 'none', '-G', 'host.example.org'])).stdout), supported }
}

/** Writes files into a directory of their own; `{DIR}` in them stands for it. */
async function place(name: string, files: Iterable<readonly [string, string]>): Promise<string> {
  const home = join(directory, name)
  for (const [path, text] of files) {
    await mkdir(join(home, path, '..'), { recursive: true })
    await writeFile(join(home, path), text.replaceAll('{DIR}', home))
  }
  return home
}

async function resolve(file: string, host: string): Promise<ResolvedHost | Error> {
  try {
    return await (await loadSshConfig({ only: file }, world)).resolve({ host }, signal)
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

/** Says how opsctl and ssh differ on one host; nothing when they agree. */
async function differences(file: string, host: string, keywords: ReadonlySet<string>): Promise<string[]> {
  const real = await run(['ssh', '-F', file, '-G', host])
  const ours = await resolve(file, host)
  if (ours instanceof Error) return real.code === 0 ? [`${file} ${host}: ssh accepts what opsctl refuses: ${ours.message}`] : []
  if (real.code !== 0) return [`${file} ${host}: ssh refuses what opsctl accepts: ${real.stderr}`]
  const dump = parseDump(real.stdout)
  const found: string[] = []
  for (const keyword of new Set([...keywords, 'hostname', 'user', 'port', 'proxyjump', 'proxycommand'])) {
    const expected = JSON.stringify(dump.get(printedName(keyword)) ?? [])
    const actual = JSON.stringify(expectedLines(ours, keyword, known))
    if (actual !== undefined && expected !== actual) found.push(`${file} ${host} ${keyword}: ssh ${expected}, opsctl ${actual}`)
  }
  return found
}

const firstSeed = Number(process.env['OPSCTL_SSH_CONFIG_SEED'] ?? 1)
const count = Number(process.env['OPSCTL_SSH_CONFIG_COUNT'] ?? 200)

test.skipIf(!hasSsh)(
  `${count} generated configurations resolve as ssh -G says`,
  async () => {
    const found: string[] = []
    for (let seed = firstSeed; seed < firstSeed + count; seed++) {
      const config = randomConfig(seed)
      const home = await place(`seed-${seed}`, config.files)
      for (const host of config.hosts) found.push(...(await differences(join(home, 'config'), host, config.keywords)))
      await rm(home, { recursive: true })
    }
    expect(found).toEqual([])
  },
  count * 1000,
)

describe.skipIf(!hasSsh)('resolves as ssh -G does', () => {
  const keywords = new Set([
    'user',
    'port',
    'hostname',
    'identityfile',
    'identityagent',
    'localcommand',
    'setenv',
    'sendenv',
    'forwardagent',
    'userknownhostsfile',
    'loglevel',
  ])
  const cases: Readonly<
    Record<string, { readonly config: string; readonly host?: string; readonly more?: Readonly<Record<string, string>> }>
  > = {
    'a backslash at the end of a line continues nothing': { config: 'Host *\n  User ops\\\n  Port 2222\n' },
    'quotes join what they stand beside': { config: 'Host *\n  IdentityFile /keys/"my key"/\'a b\'\n' },
    'escapes in and outside quotes': {
      config:
        'Host *\n  IdentityFile /a\\ b\n  IdentityFile "/a\\ b"\n  IdentityFile "/a\\"b"\n  IdentityFile /a\\\\b\n  IdentityFile /a\\nb\n',
    },
    'a number sign inside a word is no comment': { config: 'Host *\n  IdentityFile /a#b\n  User ops #comment\n' },
    'a number sign in a command is part of it': { config: 'Host *\n  LocalCommand echo "#" # x\n' },
    'a keyword in quotes': { config: 'Host *\n  "User" ops\n  "Port"=2222\n' },
    'an opening quote alone hides a line': { config: 'Host *\n"User ops\nPort 2222\n' },
    'two equal signs are one too many': { config: 'Host *\n  Port == 2222\n' },
    'a keyword with an equal sign and nothing': { config: 'Host *\n  Port =\n' },
    'carriage returns and form feeds at the end': { config: 'Host *\r\n  User ops\r\n  Port 2222 \f\n' },
    'a no-break space is part of a word': { config: 'Host *\n  User ops\u00a0\n' },
    'a byte order mark spoils the first keyword': { config: '\ufeffHost *\n  User ops\n' },
    'no newline at the end': { config: 'Host *\n  User ops' },
    'negation before and after a match': { config: 'Host !web1 *\n  User a\nHost * !web1\n  User b\nHost *\n  User c\n' },
    'a negation alone matches nothing': { config: 'Host !web2\n  User a\nHost *\n  User b\n' },
    'commas do not separate Host patterns': { config: 'Host web1,web2\n  User a\nHost *\n  User b\n' },
    'Host looks at case, Match host does not': { config: 'Host WEB1\n  User a\nMatch host WEB1\n  User b\n' },
    'settings before the first Host hold for all': { config: 'User early\nHost *\n  User late\n' },
    'Match host sees HostName, Host does not': {
      config:
        'Host web1\n  HostName real.example.org\nMatch host real.example.org\n  User a\nHost real.example.org\n  Port 2222\n',
    },
    'the final pass compares Host with HostName': {
      config: 'Host real.example.org\n  Port 2222\nHost web1\n  HostName real.example.org\nMatch final\n  User f\n',
    },
    'Match final in a block that does not apply still asks for a second pass': {
      config: 'Host real\n  User r\nHost web1\n  HostName real\nMatch host nothing final\n  Port 1\n',
    },
    'accumulating values repeat in the second pass, files do not': {
      config: 'Host *\n  SendEnv A B\n  IdentityFile /k\n  SetEnv X=1\nMatch final\n  SetEnv Y=2\n',
    },
    'an include inside a block that does not apply sets nothing': {
      config: 'Host other\n  Include {DIR}/more\nHost *\n  Port 2222\n',
      more: { more: 'User a\nHost *\n  User b\n' },
    },
    'a Host line of an include does not outlast it': {
      config: 'Host web1\n  Include {DIR}/more\n  Port 2222\n',
      more: { more: 'Host other\n  User a\n' },
    },
    'includes are sorted, hidden ones left out': {
      config: 'Include {DIR}/d/*\n',
      more: { 'd/20-b': 'User b\n', 'd/10-a': 'User a\n', 'd/.hidden': 'User hidden\n' },
    },
    'include patterns with sets': {
      config: 'Include {DIR}/d/[12]?.conf {DIR}/d/[!12]*\n',
      more: { 'd/2x.conf': 'User b\n', 'd/30': 'Port 2222\nUser c\n' },
    },
    'a relative include is below ~/.ssh': {
      config: 'Include opsctl-test.d/*.conf\n',
      more: { '../.ssh/opsctl-test.d/a.conf': 'User relative\n' },
    },
    'an include that is not there is passed over': { config: 'Include {DIR}/absent {DIR}/absent.d/*\nUser a\n' },
    'an include of a directory says nothing': { config: 'Include {DIR}/*\nUser a\n', more: { 'sub/file': 'User b\n' } },
    'an include of itself': { config: 'Include {DIR}/config\nUser a\n' },
    'an unknown keyword after IgnoreUnknown': {
      config: 'IgnoreUnknown UseKey*,madeup\nHost other\n  MadeUp x\nHost *\n  UseKeychainX yes\n  User a\n',
    },
    'an unknown keyword before IgnoreUnknown': { config: 'MadeUp x\nIgnoreUnknown madeup\n' },
    'an unknown keyword where IgnoreUnknown does not apply': {
      config: 'Host other\n  IgnoreUnknown madeup\nHost *\n  MadeUp x\n',
    },
    'a bad value in a block that does not apply': { config: 'Host other\n  Port many\n' },
    'a deprecated keyword': { config: 'Protocol 2\nUsePrivilegedPort yes\nRhostsAuthentication no\nUser a\n' },
    'ConnectTimeout none leaves room for another': { config: 'ConnectTimeout none\nConnectTimeout 1w2d3h4m5s\nUser a\n' },
    'environment in UserKnownHostsFile': { config: 'UserKnownHostsFile ${OPSCTL_TEST}/known ~/b_%r_%p_%%\n' },
    'ForwardAgent with a path after yes': { config: 'ForwardAgent yes\nForwardAgent /run/agent-%h\n' },
    'Match exec inside quotes with blanks': { config: 'Match exec "test \'%h\' = web1"\n  User e\n' },
    'Match exec is not reached after a criterion that fails': {
      config: 'Match host other exec "touch {DIR}/ran; true"\n  User e\n',
    },
    'Match with equal signs': { config: 'Match host=web1 user=root\n  Port 2222\n' },
    'Match all with a comment': { config: 'Match all # everyone\n  Port 2222\n' },
    'Match final all': { config: 'Match final all\n  Port 2222\n' },
    'Match all twice': { config: 'Match all all\n  Port 2222\n' },
    'Match of a negated final': { config: 'Match !final\n  Port 2222\nMatch final\n  User late\n  Port 3333\n' },
    'an address in an unusual form': { config: 'User a\n', host: '127.1' },
    'an IPv6 address in full': { config: 'User a\n', host: '0:0:0:0:0:0:0:1' },
    'a hexadecimal address': { config: 'User a\n', host: '0x7f000001' },
    'a name in capitals': { config: 'Host web1\n  User a\n', host: 'WEB1' },
  }
  for (const [name, { config, host = 'web1', more = {} }] of Object.entries(cases)) {
    test(name, async () => {
      const home = await place(name.replace(/\W+/g, '-'), Object.entries({ ...more, config }))
      expect(await differences(join(home, 'config'), host, keywords)).toEqual([])
    })
  }
})

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
      const home = await place(`error-${name.replace(/\W+/g, '-')}`, [['config', config]])
      const error = await resolve(join(home, 'config'), 'web1')
      expect(error).toMatchObject({ code: 'E_SSH_CONFIG', message: `${home}/config${message}` })
    })
  }

  test('a file that is not there', async () => {
    expect(await resolve('/nonexistent/config', 'web1')).toMatchObject({
      code: 'E_SSH_CONFIG',
      message: '/nonexistent/config: there is no such file',
    })
  })
})

describe('owners and permissions', () => {
  test('a user configuration that the group can write is refused', async () => {
    const home = await place('group-writable', [['config', 'User a\n']])
    await chmod(join(home, 'config'), 0o664)
    expect(loadSshConfig({ user: join(home, 'config') }, world)).rejects.toThrow(`bad owner or permissions on ${home}/config`)
  })

  test('so is an included file, whoever includes it', async () => {
    const home = await place('open-include', [
      ['config', 'Include {DIR}/more\n'],
      ['more', 'User a\n'],
    ])
    await chmod(join(home, 'more'), 0o666)
    expect(loadSshConfig({ only: join(home, 'config') }, world)).rejects.toThrow(`bad owner or permissions on ${home}/more`)
  })

  test.skipIf(process.getuid?.() !== 0)("so is another user's", async () => {
    const home = await place('foreign', [['config', 'User a\n']])
    await chown(join(home, 'config'), 12_345, 12_345)
    expect(loadSshConfig({ user: join(home, 'config') }, world)).rejects.toThrow('uid 12345')
  })

  test('Match exec runs nothing from a file that others can write, and says which line it is', async () => {
    const home = await place('open-exec', [['config', 'User a\nMatch exec "touch {DIR}/ran"\n  Port 1\n']])
    await chmod(join(home, 'config'), 0o646)
    expect(await resolve(join(home, 'config'), 'web1')).toMatchObject({
      code: 'E_SSH_CONFIG',
      data: { file: `${home}/config`, line: 2 },
    })
    expect(await Bun.file(join(home, 'ran')).exists()).toBe(false)
  })

  test('the same command of Match exec runs once for many hosts, another one for each', async () => {
    const home = await place('exec-once', [['config', 'Match exec "vpn-is-up"\n  User a\nMatch exec "test %h"\n  Port 22\n']])
    const commands: string[] = []
    const config = await loadSshConfig(
      { only: join(home, 'config') },
      { ...world, exec: async command => commands.push(command) > 0 },
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
      ...world,
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
    const loaded = await loadSshConfig({ only: '/config' }, { ...world, lookup, readFile: async () => config })
    expect(await loaded.resolve({ host: 'web1' }, signal)).toMatchObject({ hostname: 'web1.b.example', user: 'found' })
    expect(await loaded.resolve({ host: 'web1.x.y' }, signal)).toMatchObject({ hostname: 'web1.x.y' })
  })

  test('host names are listed with those of includes, without patterns', async () => {
    const home = await place('names', [
      ['config', 'Host web1 web2 !web3 db*\nInclude {DIR}/more\nMatch host match1\nHost web1 last\n'],
      ['more', 'Host inner?\nHost inner1\n'],
    ])
    expect((await loadSshConfig({ only: join(home, 'config') }, world)).hostNames()).toEqual(['web1', 'web2', 'inner1', 'last'])
  })

  test('five hundred hosts of a large file take a moment', async () => {
    const hosts = Array.from({ length: 500 }, (_, index) => `web${index}`)
    const config = `${hosts.map(host => `Host ${host}\n  HostName ${host}.example.org\n  User deploy\n`).join('')}Host *\n  ServerAliveInterval 30\n`
    const loaded = await loadSshConfig({ only: '/config' }, { ...world, readFile: async () => config })
    const started = performance.now()
    const resolved = await Promise.all(hosts.map(host => loaded.resolve({ host }, signal)))
    expect(resolved[499]?.hostname).toBe('web499.example.org')
    expect(performance.now() - started).toBeLessThan(500)
  })
})

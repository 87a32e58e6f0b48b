import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { needs } from '../../helpers/needs.ts'
import { type TempDir, tempDir } from '../../helpers/temp-dir.ts'
import { ConfigBench } from './config-bench.ts'
import { randomConfig } from './random-config.ts'

const hasSsh = needs('ssh')
let dir: TempDir
let bench: ConfigBench

beforeAll(async () => {
  dir = await tempDir()
  bench = new ConfigBench(dir.path)
})
afterAll(() => dir[Symbol.asyncDispose]())

const firstSeed = Number(process.env['OPSCTL_SSH_CONFIG_SEED'] ?? 1)
const count = Number(process.env['OPSCTL_SSH_CONFIG_COUNT'] ?? 200)

test.skipIf(!hasSsh)(
  `${count} generated configurations resolve as ssh -G says`,
  async () => {
    const found: string[] = []
    for (let seed = firstSeed; seed < firstSeed + count; seed++) {
      const config = randomConfig(seed)
      const home = await bench.place(`seed-${seed}`, config.files)
      for (const host of config.hosts) found.push(...(await bench.differences(join(home, 'config'), host, config.keywords)))
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
      const home = await bench.place(name, Object.entries({ ...more, config }))
      expect(await bench.differences(join(home, 'config'), host, keywords)).toEqual([])
    })
  }
})

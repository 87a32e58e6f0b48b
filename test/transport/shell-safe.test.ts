import { describe, expect, test } from 'bun:test'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { refuseShellWords } from '../../src/lib/transport/shell-safe.ts'
import { findProgram, needs } from '../helpers/needs.ts'
import { opsctl } from '../helpers/opsctl.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const hosts = [
  'web1.example.com',
  '2001:db8::1',
  'fe80::1%eth0',
  'under_score',
  'é.example',
  '-oProxyCommand=id',
  '$(id)',
  '`id`',
].concat(['a;id', 'a|id', 'a&id', 'a b', 'a\nb', "a'b", 'a"b', 'a\\b', 'a>b', '{a,b}', 'a$b', '..'])
const users = [
  'deploy',
  'CORP\\deploy',
  'first last',
  'web$',
  '-l',
  '$(id)',
  '`id`',
  'a;id',
  "a'b",
  'a"b',
  'a|b',
  'a -x',
  'a\\',
  '{a}',
]

describe('names that reach a shell', () => {
  const refuses = (query: { host: string; user?: string }): boolean => {
    try {
      refuseShellWords(query)
      return false
    } catch {
      return true
    }
  }
  const sshRefuses = (...args: string[]): boolean => {
    const { stderr } = Bun.spawnSync(['ssh', '-F', 'none', '-G', ...args])
    return stderr.toString().includes('invalid characters')
  }

  test.skipIf(!needs('ssh'))('are refused where ssh refuses them', () => {
    expect(findProgram('ssh')).toBeDefined()
    for (const host of hosts) expect([host, refuses({ host })]).toEqual([host, sshRefuses('--', host)])
    for (const user of users) expect([user, refuses({ host: 'web1', user })]).toEqual([user, sshRefuses('-l', user, 'web1')])
  })

  test('from an inventory run nothing', async () => {
    await using directory = await tempDir()
    const [inventory, config, empty] = ['hosts.ini', 'ssh_config', 'empty'].map(name => join(directory.path, name)) as [
      string,
      string,
      string,
    ]
    await mkdir(empty)
    await writeFile(inventory, 'one ansible_host="x$(>by-host)"\ntwo ansible_host=127.0.0.1 ansible_user="x$(>by-user)"\n')
    await writeFile(config, 'Match exec "echo %h %r"\n  Port 1\nHost *\n  ProxyCommand echo %h %r\n', { mode: 0o600 })
    const args = ['exec', '-i', inventory, '--ssh-config', config, '--retries', '0', '-t', 'one,two', '--', 'true']
    const { code, stderr } = await opsctl(args, { cwd: empty })
    expect(await readdir(empty)).toEqual([])
    expect(code).toBe(1)
    expect(stderr).toContain('the host name "x$(>by-host)" has characters that a shell would act on')
    expect(stderr).toContain('the user name "x$(>by-user)" has characters that a shell would act on')
  })
})

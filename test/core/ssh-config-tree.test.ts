import { expect, test } from 'bun:test'
import { globPaths } from '../../src/lib/core/glob.ts'
import { expandTilde, hostNames, loadSshConfigFile, type SshConfigReader } from '../../src/lib/core/ssh-config-tree.ts'

/** A reader of files in memory. */
function memory(files: Readonly<Record<string, string>>): SshConfigReader {
  return {
    home: '/home/ops',
    readFile: async path => files[path],
    readDirectory: async path => {
      const below = Object.keys(files).filter(name => name.startsWith(`${path}/`))
      return [...new Set(below.map(name => name.slice(path.length + 1).split('/')[0] ?? ''))]
    },
  }
}
const ofUser = { ofUser: true, checked: false }

test('reads includes where they stand, relative ones below ~/.ssh', async () => {
  const reader = memory({
    '/home/ops/.ssh/config': 'Include conf.d/*.conf\nHost last\n',
    '/home/ops/.ssh/conf.d/b.conf': 'Host beta beta*\n',
    '/home/ops/.ssh/conf.d/a.conf': 'Host alpha !other\n',
  })
  const file = await loadSshConfigFile('/home/ops/.ssh/config', ofUser, reader)
  expect(hostNames(file ? [file] : [])).toEqual([
    { name: 'alpha', file: '/home/ops/.ssh/conf.d/a.conf', line: 1 },
    { name: 'beta', file: '/home/ops/.ssh/conf.d/b.conf', line: 1 },
    { name: 'last', file: '/home/ops/.ssh/config', line: 2 },
  ])
})

test('a system-wide configuration includes from /etc/ssh and not from home directories', async () => {
  const reader = memory({ '/etc/ssh/ssh_config': 'Include more\n', '/etc/ssh/more': 'Include ~/x\n' })
  const system = { ofUser: false, checked: false }
  await expect(loadSshConfigFile('/etc/ssh/ssh_config', system, reader)).rejects.toThrow('/etc/ssh/more:1:')
})

test('sixteen levels of includes are read, a seventeenth is an error', async () => {
  const levels = (count: number): SshConfigReader =>
    memory(
      Object.fromEntries(
        Array.from({ length: count + 1 }, (_, level) => [
          `/c${level}`,
          level < count ? `Include /c${level + 1}\n` : 'Host deep\n',
        ]),
      ),
    )
  const file = await loadSshConfigFile('/c0', ofUser, levels(16))
  expect(hostNames(file ? [file] : []).map(({ name }) => name)).toEqual(['deep'])
  await expect(loadSshConfigFile('/c0', ofUser, levels(17))).rejects.toThrow('nested deeper than 16')
})

test('a file that does not exist is no configuration', async () => {
  expect(await loadSshConfigFile('/absent', ofUser, memory({}))).toBeUndefined()
})

test('globs name files in order, hidden ones only when asked', async () => {
  const { readDirectory } = memory({
    '/etc/b.conf': '',
    '/etc/a.conf': '',
    '/etc/.x.conf': '',
    '/etc/sub/c.conf': '',
    '/etc/a+b.conf': '',
  })
  expect(await globPaths('/etc/*.conf', readDirectory)).toEqual(['/etc/a+b.conf', '/etc/a.conf', '/etc/b.conf'])
  expect(await globPaths('/etc/.*.conf', readDirectory)).toEqual(['/etc/.x.conf'])
  expect(await globPaths('/etc/[!b].conf', readDirectory)).toEqual(['/etc/a.conf'])
  expect(await globPaths('/etc/*/?.conf', readDirectory)).toEqual(['/etc/sub/c.conf'])
  expect(await globPaths('/etc/plain', readDirectory)).toEqual(['/etc/plain'])
})

test('tildes stand for home directories', () => {
  const homes = { home: '/home/ops', homeOf: (user: string) => (user === 'db' ? '/srv/db' : undefined) }
  expect(['~', '~/x', '~//x', '~db/x', '~db', '/a/~', '~no/x'].map(path => expandTilde(path, homes))).toEqual([
    '/home/ops/',
    '/home/ops/x',
    '/home/ops/x',
    '/srv/db/x',
    '/srv/db/',
    '/a/~',
    undefined,
  ])
})

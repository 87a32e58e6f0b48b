import { describe, expect, test } from 'bun:test'
import { OpsError } from '../../src/lib/core/errors.ts'
import type { Host } from '../../src/lib/core/host.ts'
import { loadInventory } from '../../src/lib/inventory/load.ts'
import { select } from '../../src/lib/inventory/select.ts'
import { components } from './ansible.ts'
import { loadFiles, memoryTools } from './memory-tools.ts'

describe('several sources', () => {
  test('are united: later settings win one by one, groups gather', async () => {
    const files = {
      'a.yaml':
        'hosts: { web1: { user: ops, port: 22, labels: { a: 1, b: 1 }, weight: 3 } }\ngroups: { web: web1, prod: web1 }\n',
      'b.yaml': 'hosts: { web1: { port: 2222, labels: { b: 2 } }, web2: { } }\ngroups: { web: web2 }\n',
    }
    const { hosts, groups } = await loadFiles(files, 'a.yaml', 'b.yaml')
    expect(hosts.get('web1')).toMatchObject({
      user: 'ops',
      port: 2222,
      labels: { a: '1', b: '2' },
      weight: 3,
      groups: ['web', 'prod'],
      origin: 'b.yaml:1',
    })
    expect(Object.fromEntries(groups)).toEqual({ web: ['web1', 'web2'], prod: ['web1'], all: ['web1', 'web2'] })
  })

  test('a mention without settings takes nothing away', async () => {
    const files = { 'a.yaml': 'hosts: { box: { via: local, weight: 2 } }', 'b.yaml': 'groups: { g: box }' }
    expect((await loadFiles(files, 'a.yaml', 'b.yaml')).hosts.get('box')).toMatchObject({
      via: 'local',
      weight: 2,
      groups: ['g'],
    })
  })
})

describe('this machine', () => {
  const localhost = async (files: Record<string, string>): Promise<Host | undefined> =>
    (await loadFiles(files, ...Object.keys(files))).hosts.get('localhost')

  test('is there without any source, but not part of all', async () => {
    const inventory = await loadFiles({})
    expect([...inventory.hosts.values()]).toMatchObject([{ name: 'localhost', via: 'local' }])
    expect((await select({ inventory, targets: ['@*'] })).hosts).toEqual([])
    expect((await select({ inventory, targets: ['localhost'] })).hosts).toHaveLength(1)
  })

  test('is as a source defines it', async () => {
    expect(await localhost({ hosts: 'localhost ansible_port=2222\n' })).toMatchObject({ via: 'ssh', port: 2222 })
    expect(await localhost({ hosts: 'localhost ansible_connection=local\n' })).toMatchObject({ via: 'local', origin: 'hosts:1' })
  })
})

describe('the SSH configuration of the user', () => {
  const files = { config: 'Host bastion web1\nHost github.com\n', 'i.yaml': 'hosts: { web1: { port: 2222 } }', gone: '' }
  const request = { sources: ['i.yaml'], sshConfigs: ['config', 'missing'], components, tools: memoryTools(files) }

  test('makes hosts known by name without making them part of all', async () => {
    const inventory = await loadInventory(request)
    expect([...inventory.hosts.keys()]).toEqual(['bastion', 'web1', 'github.com', 'localhost'])
    expect(inventory.hosts.get('web1')?.port).toBe(2222)
    expect(inventory.groups.get('all')).toEqual(['web1'])
    const names = async (word: string): Promise<string[]> =>
      (await select({ inventory, targets: [word] })).hosts.map(({ name }) => name)
    expect(await names('@*')).toEqual(['web1'])
    expect(await names('*')).toEqual(['web1'])
    expect(await names('bas*')).toEqual(['bastion'])
    expect((await select({ inventory, targets: ['bastion'] })).adHoc).toEqual([])
  })

  test('says how ssh reaches this machine, and does not ask for ssh', async () => {
    const ssh = { config: 'Host localhost\n  Port 2222\n' }
    const inventory = await loadInventory({ sources: [], sshConfigs: ['config'], components, tools: memoryTools(ssh) })
    expect(inventory.hosts.get('localhost')).toMatchObject({ via: 'local' })
    expect((await select({ inventory, targets: ['root@localhost'] })).hosts).toMatchObject([{ via: 'ssh', user: 'root' }])
  })
})

describe('an SSH configuration that this user may not read', () => {
  const cause = Object.assign(new Error('permission denied'), { code: 'EACCES' })
  const tools = {
    ...memoryTools({}),
    readFile: async (path: string) => {
      throw new OpsError('E_INVENTORY', `${path}: may not be read by this user`, { cause })
    },
  }
  const request = { sources: [], sshConfigs: ['config'], components, tools }

  test('is an error where it was named, and told and passed over where it is only the default', async () => {
    await expect(loadInventory(request)).rejects.toMatchObject({ code: 'E_INVENTORY' })
    const told: string[] = []
    const inventory = await loadInventory({ ...request, onForbidden: path => told.push(path) })
    expect([[...inventory.hosts.keys()], told]).toEqual([['localhost'], ['config']])
  })
})

describe('what is no inventory', () => {
  test('a path where nothing is', async () => {
    await expect(loadFiles({}, 'nowhere')).rejects.toMatchObject({
      code: 'E_INVENTORY',
      message: 'nowhere: there is no such file or directory',
    })
  })

  test('a kind that nobody reads names the kinds there are', async () => {
    const none = components.filter(({ type }) => type !== 'directory')
    const tools = memoryTools({ 'inv/hosts': 'web1' })
    const error = await loadInventory({ sources: ['inv'], components: none, tools }).catch(thrown => thrown)
    expect(error).toMatchObject({ code: 'E_INVENTORY', message: 'inv: is no inventory of a known kind' })
    expect(error.hint).toStartWith('there are command, ssh-config, clush-groups, ansible-yaml')
  })
})

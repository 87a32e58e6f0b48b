import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { foldNodeSet } from '../../src/lib/inventory/node-set.ts'
import { components } from './ansible.ts'
import { loadFiles, memoryTools } from './memory-tools.ts'

describe('the kind of a file', () => {
  const kinds: readonly (readonly [string, string, string])[] = [
    ['inventory.yaml', 'hosts: { web1: }', 'yaml'],
    ['inventory.yml', 'groups:\n  web: web[1-3]\n', 'yaml'],
    ['inventory', 'hosts:\n  web1: { port: 22 }\n', 'yaml'],
    ['empty.yaml', '', 'yaml'],
    ['slip.yaml', 'host:\n  web1: { port: 22 }\n', 'yaml'],
    ['hosts.json', '{"hosts": {"web1": {}}}', 'yaml'],
    ['hosts.yml', 'all:\n  hosts:\n    web1:\n', 'ansible-yaml'],
    ['hosts.yml', 'web:\n  hosts:\n    web1:\n', 'ansible-yaml'],
    ['hosts.yml', '---\n# shop\nweb: {hosts: {web1: }}\nall:\n  vars: {}\n', 'ansible-yaml'],
    ['hosts', 'all:\n  children:\n    web:\n', 'ansible-yaml'],
    ['hosts.json', '{"web": {"hosts": {"web1": {}}}, "all": {}}', 'ansible-yaml'],
    ['gcp.yml', 'plugin: google.cloud.gcp_compute\n', 'ansible-yaml'],
    ['list.json', '{"_meta": {"hostvars": {}}, "web": ["web1"]}', 'command'],
    ['cloud.sh', '#!/bin/sh\necho {}', 'command'],
    ['hosts.yml', '#!/usr/bin/env python3\nprint()', 'command'],
    ['cloud', '#!\x7fELF\0\0', 'command'],
    ['hosts', '[web]\nweb1\n', 'ansible-ini'],
    ['hosts.ini', 'web1\nweb2:2222\n', 'ansible-ini'],
    ['hosts', 'web1:2222\nweb2\n', 'ansible-ini'],
    ['hosts', '# one a line\n10.0.0.1\n2001:db8::1\n', 'ansible-ini'],
    ['hosts', '', 'ansible-ini'],
    ['hosts', 'web1 ansible_host=10.0.0.1\n', 'ansible-ini'],
    ['.ssh/config', 'Host web1\n  User ops\n', 'ssh-config'],
    ['config', '# mine\nServerAliveInterval 30\nSendEnv LANG LC_*\n\nHost web1\n', 'ssh-config'],
    ['ssh_config', 'Include config.d/*\n', 'ssh-config'],
    ['config', 'host=web1\nuser=ops\n', 'ssh-config'],
    ['/etc/clustershell/groups.d/cluster.yaml', 'roles:\n  adm: mgmt1\n', 'clush-groups'],
    ['local.cfg', 'adm: mgmt1\ncompute: node[1-40]\n', 'clush-groups'],
    ['groups', 'compute: node[1-40],@adm\n# admin\nadm: mgmt1\n', 'clush-groups'],
  ]
  test.each(kinds)('%s: %p is %s', async (path, text, type) => {
    const input = await memoryTools({ [path]: text }).input(path)
    const takers = components
      .filter(component => component.build({}).accepts(input))
      .sort((a, b) => a.build({}).priority - b.build({}).priority)
    expect(takers[0]?.type).toBe(type)
  })
})

describe('ClusterShell groups', () => {
  test('of several sources are known with and without the name of their source', async () => {
    const path = '/etc/clustershell/groups.d/site.yaml'
    const text =
      "roles:\n  adm: 'mgmt[1-2]'\n  compute: ['node[1-3]', '@adm!mgmt2']\n  big: 4\nrooms:\n  adm: mgmt1\n  all: '@roles:compute'\n"
    const { groups, hosts } = await loadFiles({ [path]: text }, path)
    expect(Object.fromEntries(groups)).toMatchObject({
      'roles:adm': ['mgmt1', 'mgmt2'],
      'rooms:adm': ['mgmt1'],
      adm: ['mgmt1', 'mgmt2'],
      compute: ['node1', 'node2', 'node3', 'mgmt1'],
      'rooms:all': ['node1', 'node2', 'node3', 'mgmt1'],
    })
    expect(hosts.get('node1')?.groups).toEqual(['roles:compute', 'rooms:all', 'compute', 'all'])
  })

  test('may be written with blanks between the names', async () => {
    const { groups } = await loadFiles({ groups: 'oss: node4 node5\nall: @oss,node[1-2]\n' }, 'groups')
    expect(groups.get('oss')).toEqual(['node4', 'node5'])
    expect(groups.get('all')).toEqual(['node4', 'node5', 'node1', 'node2'])
  })

  test.each([
    ['groups', 'oss: node4\nall: @osx\n', "groups:2:6: no group is named 'osx'\n  @osx\n  ^"],
    ['groups', 'a: @b\nb: @a\n', "groups:2:4: the group 'a' contains itself: a > b > a"],
    [
      'groups.d/x.yaml',
      'roles:\n  adm: [mgmt1, 5]\n',
      "groups.d/x.yaml:2:16: 'roles.adm' must be a text or a list of texts, not 5",
    ],
    ['groups.d/x.yaml', 'roles: node1\n', 'groups.d/x.yaml:1:8: \'roles\' must be keys and values, not "node1"'],
  ])('%s: %p is refused', async (path, text, message) => {
    const error = await loadFiles({ [path]: text }, path).catch(thrown => thrown)
    expect(error).toMatchObject({ code: 'E_INVENTORY', message })
  })
})

describe('OpenSSH configurations', () => {
  test('give the names of their Host entries, in order, Include followed', async () => {
    const files = {
      'home/.ssh/config':
        'Include config.d/*.conf\nInclude ~/more "quoted name" # rest\nHost bastion\nHOST web1 web2 !web3 *.example.com db?\n' +
        'Match host web9\n  User x\nHost=eq "with quote" # comment\nhost\tbastion\nHost *\n',
      'home/.ssh/config.d/10-a.conf': 'Host alpha\nInclude nested\n',
      'home/.ssh/config.d/20-b.conf': 'Host beta\n',
      'home/.ssh/config.d/.hidden.conf': 'Host hidden\n',
      'home/.ssh/config.d/readme': 'Host never\n',
      'home/.ssh/nested': 'Host gamma\n',
      '~/more': 'Host delta\nInclude ~/more\n',
    }
    const { hosts } = await loadFiles(files, 'home/.ssh/config')
    expect([...hosts.keys()]).toEqual([
      'alpha',
      'gamma',
      'beta',
      'delta',
      'bastion',
      'web1',
      'web2',
      'eq',
      'with quote',
      'localhost',
    ])
    expect(hosts.get('gamma')?.origin).toBe('home/.ssh/nested:1')
  })

  test('that include each other end', async () => {
    const { hosts } = await loadFiles({ 'a/config': 'Host x\nInclude config\n' }, 'a/config')
    expect([...hosts.keys()]).toEqual(['x', 'localhost'])
  })
})

describe('directories', () => {
  test('hold files of several kinds, read together', async () => {
    const files = {
      'inv/10-hosts': '[web]\nweb1\n',
      'inv/20-own.yaml': 'hosts: { db1: { port: 2222 }, web1: { labels: { role: web } } }\ngroups: { web: db1 }\n',
      'inv/cloud/list.sh': '#!/bin/sh\n{"web": ["web2"], "_meta": {"hostvars": {}}}',
      'inv/group_vars/web.yml': 'color: blue',
      'inv/notes.txt': '[broken',
    }
    const { hosts, groups } = await loadFiles(files, 'inv')
    expect(groups.get('web')).toEqual(['web1', 'web2', 'db1'])
    expect(groups.get('all')).toEqual(['web1', 'web2', 'db1'])
    expect(hosts.get('web1')).toMatchObject({ labels: { role: 'web' }, vars: { color: 'blue' } })
  })

  test('name the file that is wrong', async () => {
    const error = await loadFiles({ 'inv/a': 'web1\n', [join('inv', 'sub', 'b')]: 'web[1-2]\n' }, 'inv').catch(thrown => thrown)
    expect(error.message).toStartWith("inv/sub/b:1:1: '[1-2]' is not a range")
  })
})

test('an inventory of 1,200 hosts loads and folds back', async () => {
  const { hosts } = await loadFiles({ 'i.yaml': 'groups: { web: "web[0001-1200].example.com" }' }, 'i.yaml')
  expect(foldNodeSet([...hosts.keys()])).toBe('localhost,web[0001-1200].example.com')
})

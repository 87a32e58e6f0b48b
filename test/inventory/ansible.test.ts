import { afterAll, describe, expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseYamlDocument } from '../../src/lib/config/yaml-document.ts'
import type { Host } from '../../src/lib/core/host.ts'
import { connectionOf } from '../../src/lib/inventory/ansible/connection.ts'
import { expandHostPattern } from '../../src/lib/inventory/ansible/host-pattern.ts'
import { askAnsible, copyOf, hasAnsible, listed, load } from './ansible.ts'
import faults from './data/ansible-faults.yaml' with { type: 'text' }
import { loadFiles } from './memory-tools.ts'

const fixtures = copyOf(join(import.meta.dir, 'data/ansible'))
afterAll(() => rmSync(fixtures, { recursive: true }))

const inventories = [
  'ini-web/hosts',
  'ini-tree/hosts',
  'ini-types/hosts',
  'ini-addresses/hosts',
  'ini-many/hosts',
  'vars-beside/hosts',
  'yaml-site/hosts.yml',
  'yaml-merge/inventory.yaml',
  'yaml-json/hosts.json',
  'cloud/inventory.sh',
  'legacy/hosts.sh',
  'mixed/inventory',
]

describe.skipIf(!hasAnsible)('groups and variables are those of ansible-inventory', () => {
  test.each(inventories)(
    '%s',
    async name => {
      const path = join(fixtures, name)
      const [ours, theirs] = await Promise.all([load(path), askAnsible(path)])
      expect(Object.keys(theirs.groups).length).toBeGreaterThan(0)
      expect(listed(ours)).toEqual(theirs)
    },
    60_000,
  )
})

type Vars = Record<string, string | number>

describe('settings of a connection', () => {
  const cases: readonly (readonly [Vars, Partial<Host>])[] = [
    [
      { ansible_host: '10.0.0.5', ansible_port: 2222, ansible_user: 'ops' },
      { address: '10.0.0.5', port: 2222, user: 'ops' },
    ],
    [{ ansible_host: 'web1', ansible_port: '2222' }, { port: 2222 }],
    [
      { ansible_ssh_host: 'a', ansible_host: 'b', ansible_ssh_user: 'c', ansible_user: 'd', ansible_ssh_port: 3 },
      { address: 'a', user: 'c', port: 3 },
    ],
    [{ ansible_ssh_private_key_file: '~/.ssh/id' }, { identityFiles: ['~/.ssh/id'] }],
    [{ ansible_private_key_file: '/k' }, { identityFiles: ['/k'] }],
    [{ ansible_connection: 'local' }, { via: 'local' }],
    [{ ansible_connection: 'ssh', ansible_port: 0, ansible_user: '' }, {}],
    [{ ansible_port: 'ssh' }, {}],
    [{ ansible_host: '{{ ip }}', ip: '10.0.0.9' }, { address: '10.0.0.9' }],
    [
      { ansible_host: '{{ inventory_hostname }}.{{domain}}', domain: '{{ site }}.example.com', site: 'fra' },
      { address: 'web1.fra.example.com' },
    ],
    [{ ansible_host: "{{ lookup('dig', inventory_hostname) }}" }, { address: "{{ lookup('dig', inventory_hostname) }}" }],
    [{ ansible_host: '{{ a }}', a: '{{ a }}' }, { address: '{{ a }}' }],
    [{ ansible_ssh_common_args: '-J bastion' }, { proxyJump: 'bastion' }],
    [{ ansible_ssh_common_args: '-o ForwardAgent=yes -Jops@b1:2222,b2' }, { proxyJump: 'ops@b1:2222,b2' }],
    [{ ansible_ssh_common_args: '-o ProxyJump=bastion' }, { proxyJump: 'bastion' }],
    [{ ansible_ssh_common_args: '-oProxyJump=bastion -A' }, { proxyJump: 'bastion' }],
    [{ ansible_ssh_common_args: "-o 'ProxyJump bastion'" }, { proxyJump: 'bastion' }],
    [{ ansible_ssh_common_args: '-o ProxyCommand="ssh -W %h:%p -q ops@bastion"' }, { proxyJump: 'ops@bastion' }],
    [
      { ansible_ssh_common_args: `-o ProxyCommand='ssh -q -l ops -p 2222 -o "StrictHostKeyChecking no" bastion -W %h:%p'` },
      { proxyJump: 'ops@bastion:2222' },
    ],
    [{ ansible_ssh_common_args: '-o ProxyCommand="/usr/bin/ssh bastion nc %h %p"' }, { proxyJump: 'bastion' }],
    [{ ansible_ssh_common_args: '-o ProxyCommand="corkscrew proxy 3128 %h %p"' }, {}],
    [{ ansible_ssh_common_args: '-o ProxyCommand="ssh bastion whatever"' }, {}],
    [{ ansible_ssh_extra_args: '-J a', ansible_ssh_common_args: '-J b' }, { proxyJump: 'a' }],
    [{ ansible_ssh_args: '-C -o ControlMaster=auto' }, {}],
    [{ ansible_ssh_common_args: '-J "unclosed' }, {}],
  ]
  test.each(cases)('%p is %p', (vars, expected) => {
    expect(connectionOf('web1', vars)).toEqual({ via: 'ssh', ...expected })
  })

  test('reach the host, with its groups and where it was declared', async () => {
    const inventory = await load(join(fixtures, 'ini-web/hosts'))
    expect(inventory.hosts.get('canary.example.com')).toMatchObject({
      port: 2222,
      user: 'deploy',
      groups: ['shop', 'web'],
      via: 'ssh',
    })
    expect(inventory.hosts.get('canary.example.com')?.origin).toEndWith('ini-web/hosts:6')
    expect(inventory.hosts.get('mail.example.com')).toMatchObject({ address: '192.0.2.25', groups: ['ungrouped'] })
    expect(inventory.hosts.get('localhost')).toMatchObject({ via: 'local', groups: ['monitoring'] })
  })
})

describe('host patterns that are wrong', () => {
  test.each([
    ['web[1-5]', "'[1-5]' is not a range: write [01:50], [a:f] or [0:100:5]"],
    ['web[1:5', "'[' of 'web[1:5' is never closed"],
    ['web[1:]', "the range '[1:]' has no end"],
    ['web[1:5:0]', "the step of '[1:5:0]' must be a number of at least 1"],
    ['web[1:5:2:1]', "'[1:5:2:1]' is not a range: write [01:50], [a:f] or [0:100:5]"],
    ['web[f:a]', "the range '[f:a]' ends before it begins"],
    ['web[a:5]', "'[a:5]' is not a range of numbers or of letters"],
    ['web[01:100]', "both ends of '[01:100]' need the same number of digits"],
    ['web[1:999999999]', "'[1:999999999]' stands for more than 100000 hosts"],
    ['r[1:1000]n[1:1000]', "'r[1:1000]n[1:1000]' stands for more than 100000 hosts"],
    ['web1:', "'web1:' ends in ':' but names no port"],
  ])('%s', (pattern, problem) => {
    expect(expandHostPattern(pattern)).toBe(problem)
  })
})

interface Fault {
  readonly file: string
  readonly text: string
  readonly says: string
  readonly hint?: string
}

describe('what is wrong is told with its place', () => {
  const cases = parseYamlDocument(faults, 'ansible-faults.yaml').value as unknown as readonly Fault[]
  test.each(cases.map(each => [each.says, each] as const))('%s', async (_, { file, text, says, hint }) => {
    const error = await loadFiles({ [file]: text }, file).catch(thrown => thrown)
    expect(error).toMatchObject({ code: 'E_INVENTORY', message: says, ...(hint && { hint }) })
  })
})

describe('secrets', () => {
  test('encrypted files are passed over, encrypted values are kept apart', async () => {
    const { hosts } = await loadFiles(
      {
        hosts: '[web]\nweb1\n',
        'group_vars/all/vault.yml': '$ANSIBLE_VAULT;1.1;AES256\n6162\n',
        'group_vars/all/plain.yml': 'a: 1\nb: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162\nc: !unsafe "{{ x }}"\n',
      },
      'hosts',
    )
    expect(hosts.get('web1')?.vars).toEqual({ a: 1, b: { __ansible_vault: '$ANSIBLE_VAULT;1.1;AES256\n6162\n' }, c: '{{ x }}' })
  })
})

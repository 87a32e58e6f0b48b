import { describe, expect, test } from 'bun:test'
import { type Host, hostNamed, type Inventory } from '../../src/lib/core/host.ts'
import { select } from '../../src/lib/inventory/select.ts'

const web = ['web1', 'web2', 'web3', 'web4'].map(name => hostNamed(name, { groups: ['web'], origin: 'hosts.yaml:3' }))
const db1 = hostNamed('db1', { address: '10.0.0.5', user: 'postgres', proxyJump: 'bastion', groups: ['db'], weight: 2 })
const local = hostNamed('localhost', { via: 'local' })
const inventory: Inventory = {
  hosts: new Map([...web, db1, local].map(host => [host.name, host])),
  groups: new Map([
    ['web', web.map(({ name }) => name)],
    ['db', ['db1']],
  ]),
}
const names = async (targets: string[], limit: string[] = []): Promise<string[]> =>
  (await select({ inventory, targets, limit })).hosts.map(({ name }) => name)
const one = async (word: string, from = inventory): Promise<Host | undefined> =>
  (await select({ inventory: from, targets: [word] })).hosts[0]

describe('targets', () => {
  test.each([
    [['@web'], ['web1', 'web2', 'web3', 'web4']],
    [['web[1-2],db1'], ['web1', 'web2', 'db1']],
    [
      ['@web', '!web2'],
      ['web1', 'web3', 'web4'],
    ],
    [
      ['@web', '&web[3-9]'],
      ['web3', 'web4'],
    ],
    [
      ['db1', '@web!web1'],
      ['db1', 'web2', 'web3', 'web4'],
    ],
    [['@*'], ['web1', 'web2', 'web3', 'web4', 'db1']],
    [['@all'], ['web1', 'web2', 'web3', 'web4', 'db1']],
    [['*'], ['web1', 'web2', 'web3', 'web4', 'db1']],
    [['web*!web1'], ['web2', 'web3', 'web4']],
    [['web1', 'web1', 'ssh://web1'], ['web1']],
    [['web2 web1'], ['web2', 'web1']],
    [
      ['localhost', 'web1'],
      ['localhost', 'web1'],
    ],
    [['', '  '], []],
    [[], []],
  ])('%p are %p', async (targets, expected) => {
    expect(await names(targets)).toEqual(expected)
  })

  test('a group that does not exist is an error with the nearest', async () => {
    const refused = select({ inventory, targets: ['@wbe'] })
    await expect(refused).rejects.toMatchObject({ code: 'E_NODE_SET', hint: 'did you mean @web?' })
  })

  test('a subtraction from nothing is an error', async () => {
    await expect(select({ inventory, targets: ['!web1'] })).rejects.toMatchObject({ hint: 'for all but web1 write @*!web1' })
  })

  test('this machine and patterns: localhost is only ever named outright', async () => {
    expect(await names(['local*,web1']).catch(error => error.message)).toContain("no known host fits 'local*'")
    expect((await one('localhost'))?.via).toBe('local')
    expect((await one('localhost', { hosts: new Map(), groups: new Map() }))?.via).toBe('local')
  })

  test('a localhost of the inventory is as the inventory says', async () => {
    const host = hostNamed('localhost', { port: 2222, origin: 'hosts:1' })
    expect(await one('localhost', { hosts: new Map([['localhost', host]]), groups: new Map() })).toBe(host)
  })

  test('the group all of an inventory says what @* is', async () => {
    const groups = new Map([['all', ['web1', 'web2']]])
    const { hosts } = await select({ inventory: { ...inventory, groups }, targets: ['@*'] })
    expect(hosts.map(({ name }) => name)).toEqual(['web1', 'web2'])
  })
})

describe('ad hoc hosts', () => {
  test.each([
    ['cache7.example.com', { name: 'cache7.example.com' }],
    ['cache7:2222', { name: 'cache7:2222', address: 'cache7', port: 2222 }],
    ['root@cache7', { name: 'root@cache7', address: 'cache7', user: 'root' }],
    ['root@cache7:2222', { name: 'root@cache7:2222', address: 'cache7', user: 'root', port: 2222 }],
    ['ssh://root@cache7:2222', { name: 'root@cache7:2222', address: 'cache7', user: 'root', port: 2222 }],
    ['jane@acme.example@cache7', { name: 'jane@acme.example@cache7', address: 'cache7', user: 'jane@acme.example' }],
    ['10.1.2.3', { name: '10.1.2.3' }],
    ['2001:db8::1', { name: '2001:db8::1' }],
    ['[2001:db8::1]', { name: '2001:db8::1' }],
    ['[2001:db8::1]:2222', { name: '[2001:db8::1]:2222', address: '2001:db8::1', port: 2222 }],
    ['root@[fe80::1%eth0]:22', { name: 'root@[fe80::1%eth0]:22', address: 'fe80::1%eth0', user: 'root', port: 22 }],
  ])('%s', async (word, expected) => {
    const { hosts, adHoc } = await select({ inventory, targets: [word] })
    expect(hosts[0]).toEqual(hostNamed(expected.name, expected))
    expect(adHoc).toEqual([word])
  })

  test('a login for a known host keeps the rest of its settings', async () => {
    expect(await one('root@db1:2222')).toEqual({ ...db1, name: 'root@db1:2222', address: '10.0.0.5', user: 'root', port: 2222 })
    expect(await one('root@web1')).toMatchObject({ name: 'root@web1', address: 'web1', user: 'root', groups: ['web'] })
    expect((await select({ inventory, targets: ['root@db1'] })).adHoc).toEqual([])
  })

  test('a login for this machine goes through SSH', async () => {
    expect(await one('root@localhost')).toMatchObject({ via: 'ssh', user: 'root', address: 'localhost' })
  })

  test.each([
    ['-oProxyCommand=id', "'-oProxyCommand=id' is not a host"],
    ['web1;id', "'web1;id' is not a host"],
    ['web1:0', "0 of 'web1:0' is not a port"],
    ['web1:70000', "70000 of 'web1:70000' is not a port"],
    ['web1:ssh', "'web1:ssh' is not a host"],
    ['root:secret@web1', "'root:secret' of 'root:secret@web1' is not a user name"],
    ['-l@web1', "'-l' of '-l@web1' is not a user name"],
    ['10.0.0.0/24', "'10.0.0.0/24' is not a host"],
    ['http://web1', "'http://web1' is not a host"],
    ['web-', "'web-' is not a host"],
  ])('%s is refused', async (word, message) => {
    await expect(select({ inventory, targets: [word] })).rejects.toMatchObject({ code: 'E_NODE_SET', message })
  })

  test('what a word may have meant is told, but not decided', async () => {
    const { hosts, adHoc, nearest } = await select({ inventory, targets: ['wbe1,web,db2,db2.example.com,zzz'] })
    expect(hosts.map(({ name }) => name)).toEqual(['wbe1', 'web', 'db2', 'db2.example.com', 'zzz'])
    expect(adHoc).toEqual(['wbe1', 'web', 'db2', 'db2.example.com', 'zzz'])
    expect([...nearest]).toEqual([
      ['wbe1', 'web1'],
      ['web', '@web'],
      ['db2', 'db1'],
    ])
  })
})

describe('--limit', () => {
  test.each([
    [['@web'], ['web2,web9'], ['web2']],
    [['@web'], ['!web2'], ['web1', 'web3', 'web4']],
    [['@web'], ['!web2', '!web3'], ['web1', 'web4']],
    [['@web,db1'], ['@db'], ['db1']],
    [['@web,db1'], ['web*!web1'], ['web2', 'web3', 'web4']],
    [['web1,cache7'], ['cache7'], ['cache7']],
    [['@web'], ['db1'], []],
    [['@web'], [''], ['web1', 'web2', 'web3', 'web4']],
  ])('%p limited to %p are %p', async (targets, limit, expected) => {
    expect(await names(targets, limit)).toEqual(expected)
  })

  test('@failed asks for the hosts that failed last time, and only when it is mentioned', async () => {
    let asked = 0
    const failed = async (): Promise<string[]> => {
      asked++
      return ['web3', 'gone7']
    }
    const of = async (limit: string[]): Promise<string[]> =>
      (await select({ inventory, targets: ['@web'], limit, failed })).hosts.map(({ name }) => name)
    expect(await of(['!web1'])).toHaveLength(3)
    expect(asked).toBe(0)
    expect(await of(['@failed'])).toEqual(['web3'])
    expect(await of(['!@failed'])).toEqual(['web1', 'web2', 'web4'])
    expect(asked).toBe(2)
  })

  test('@failed where nothing is remembered is an error', async () => {
    await expect(select({ inventory, targets: ['@web'], limit: ['@failed'] })).rejects.toThrow("no group is named 'failed'")
  })

  test('a word that names nothing is told', async () => {
    const { unmatched, nearest } = await select({ inventory, targets: ['@web'], limit: ['wbe1,web2,db1'] })
    expect(unmatched).toEqual(['wbe1'])
    expect(nearest.get('wbe1')).toBe('web1')
  })
})

import { describe, expect, test } from 'bun:test'
import { parseYamlDocument } from '../../src/lib/config/yaml-document.ts'
import type { Host } from '../../src/lib/core/host.ts'
import fromYaml from '../../src/lib/inventory/from-yaml.ts'
import faults from './data/yaml-faults.yaml' with { type: 'text' }
import { loadFiles } from './memory-tools.ts'

const path = 'inventory.yaml'
const hostsOf = async (text: string): Promise<ReadonlyMap<string, Host>> => (await loadFiles({ [path]: text }, path)).hosts
const groupsOf = async (text: string): Promise<Record<string, readonly string[]>> =>
  Object.fromEntries((await loadFiles({ [path]: text }, path)).groups)

const fleet = `
hosts:
  web[01-03].example.com: { user: deploy, port: 22, labels: { role: web, tier: 1 }, weight: 2 }
  web02.example.com: { port: 2222, labels: { canary: true } }
  db1: { address: 10.0.0.5, jump: bastion, identity: ~/.ssh/db }
  cache[1-2]: { address: "10.1.0.[1-2]", jump: [b1, "ops@b2:2222"], identity: [/a, /b] }
  build: { via: local, vars: { jobs: 8, paths: [/srv] } }
groups:
  web: web[01-03].example.com
  data: [db1, "cache[1-2]"]
  prod:
    hosts: "@web,db1"
    user: root
    labels: { stage: prod, role: any }
    vars: { ntp: a, region: eu }
  eu: { children: [data], vars: { region: eu-1 }, user: eu }
  spare: spare[1-2]
defaults: { user: ops, vars: { ntp: d } }
`

describe('hosts', () => {
  test('have their own settings over those of their groups over the defaults', async () => {
    const hosts = await hostsOf(fleet)
    expect(hosts.get('web01.example.com')).toEqual({
      name: 'web01.example.com',
      via: 'ssh',
      user: 'deploy',
      port: 22,
      groups: ['web', 'prod'],
      labels: { stage: 'prod', role: 'web', tier: '1' },
      vars: { ntp: 'a', region: 'eu' },
      weight: 2,
      origin: 'inventory.yaml:3',
    })
    expect(hosts.get('web02.example.com')).toMatchObject({
      port: 2222,
      user: 'deploy',
      labels: { role: 'web', canary: 'true' },
      origin: 'inventory.yaml:4',
    })
    expect(hosts.get('db1')).toMatchObject({
      address: '10.0.0.5',
      proxyJump: 'bastion',
      identityFiles: ['~/.ssh/db'],
      user: 'eu',
      vars: { ntp: 'a', region: 'eu-1' },
    })
    expect(hosts.get('build')).toMatchObject({
      via: 'local',
      user: 'ops',
      vars: { ntp: 'd', jobs: 8, paths: ['/srv'] },
      groups: [],
    })
  })

  test('of a node set take an address each', async () => {
    const hosts = await hostsOf(fleet)
    expect(hosts.get('cache2')).toMatchObject({ address: '10.1.0.2', proxyJump: 'b1,ops@b2:2222', identityFiles: ['/a', '/b'] })
  })

  test('that only a group names exist too, declared there', async () => {
    const hosts = await hostsOf(fleet)
    expect(hosts.get('spare2')).toMatchObject({ name: 'spare2', user: 'ops', groups: ['spare'], origin: 'inventory.yaml:17' })
    expect([...hosts.keys()]).toEqual([
      'web01.example.com',
      'web02.example.com',
      'web03.example.com',
      'db1',
      'cache1',
      'cache2',
      'build',
      'spare1',
      'spare2',
      'localhost',
    ])
  })

  test('a child group is stronger than its parents wherever it stands', async () => {
    const hosts = await hostsOf(
      'groups:\n  child: { hosts: a, user: child }\n  parent: { children: child, user: parent, port: 1 }\n',
    )
    expect(hosts.get('a')).toMatchObject({ user: 'child', port: 1 })
  })
})

describe('groups', () => {
  test('refer to each other, to all hosts and to patterns', async () => {
    const text =
      'hosts: { "web[1-3]": , db1: }\ngroups:\n  late: "@front!web1"\n  front: web*\n  rest: "@*!@front"\n  both: { hosts: db1, children: [late] }\n'
    expect(await groupsOf(text)).toEqual({
      late: ['web2', 'web3'],
      front: ['web1', 'web2', 'web3'],
      rest: ['db1'],
      both: ['db1', 'web2', 'web3'],
      all: ['web1', 'web2', 'web3', 'db1'],
    })
  })

  test.each(['', '# nothing so far\n', 'hosts:\ngroups:\n', '{}'])('an empty inventory is no error: %p', async text => {
    expect(await groupsOf(text)).toEqual({ all: [] })
  })
})

describe('what is wrong is told with its place', () => {
  const cases = parseYamlDocument(faults, 'yaml-faults.yaml').value as unknown as readonly {
    text: string
    says: string
    hint?: string
  }[]
  test.each(cases.map(each => [each.says, each] as const))('%s', async (_, { text, says, hint }) => {
    const error = await hostsOf(text).catch(thrown => thrown)
    expect(error).toMatchObject({ code: 'E_INVENTORY', message: says, ...(hint && { hint }) })
  })
})

test('the JSON Schema names every key that is understood', () => {
  const keysOf = (schema: unknown): string[] => Object.keys((schema as { properties: object }).properties)
  const { properties } = fromYaml.schema as unknown as {
    properties: {
      hosts: { additionalProperties: object }
      groups: { additionalProperties: { anyOf: object[] } }
      defaults: object
    }
  }
  const settings = ['user', 'port', 'via', 'identity', 'jump', 'labels', 'vars', 'weight']
  expect(keysOf(fromYaml.schema)).toEqual(['hosts', 'groups', 'defaults'])
  expect(keysOf(properties.hosts.additionalProperties)).toEqual(['address', ...settings])
  expect(keysOf(properties.groups.additionalProperties.anyOf.at(-1))).toEqual(['hosts', 'children', ...settings])
  expect(keysOf(properties.defaults)).toEqual(settings)
})

import { type Host, hostNamed, type Inventory } from '../../core/host.ts'
import type { Json } from '../../core/json.ts'
import { parseAddress } from '../address.ts'
import { type GroupDefinition, type GroupSet, GroupSets, groupsByHost } from '../group-sets.ts'
import type { Keys, Mapping, YamlFile } from './file.ts'
import { mergeSettings, readSettings, type Settings, settingKeys } from './settings.ts'

/**
 * Hosts and groups of opsctl's own inventory file. Settings of a host, the stronger later: defaults, groups in order of declaration but a child
 * after its parents, the host's own keys in order of declaration.
 * @throws OpsError E_INVENTORY
 */
export function readInventoryFile(file: YamlFile): Inventory {
  const top = file.record(file.value, [], ['hosts', 'groups', 'defaults'])
  const defaults = readSettings(file, file.record(top['defaults'], ['defaults'], settingKeys), ['defaults'])
  const declared = readHosts(file, file.mapping(top['hosts'], ['hosts']))
  const groups = readGroups(file, file.mapping(top['groups'], ['groups']))
  const members = new GroupSets(new Map(groups.map(group => [group.name, group])), [...declared.keys()]).resolveAll()
  for (const { name, keys } of groups) {
    for (const host of members.get(name) ?? []) {
      if (!declared.has(host)) declared.set(host, { name: checked(file, host, keys), origin: file.origin(keys), own: [] })
    }
  }
  const groupsOf = groupsByHost(members)
  const strength = byStrength(groups)
  const hosts = [...declared.values()].map(({ name, address, origin, own }): Host => {
    const names = groupsOf.get(name) ?? []
    const inherited = strength.filter(group => names.includes(group.name)).map(group => group.settings)
    const settings = mergeSettings([defaults, ...inherited, ...own])
    return hostNamed(name, { ...settings, ...(address === undefined ? {} : { address }), groups: names, origin })
  })
  return { hosts: new Map(hosts.map(host => [host.name, host])), groups: members }
}

interface DeclaredHost {
  readonly name: string
  readonly address?: string | undefined
  readonly origin: string
  readonly own: readonly Settings[]
}

function readHosts(file: YamlFile, hosts: Mapping): Map<string, DeclaredHost> {
  const declared = new Map<string, DeclaredHost>()
  for (const [key, value] of Object.entries(hosts)) {
    const keys = ['hosts', key]
    const names = expand(file, { text: key, keys, part: 'key' })
    const mapping = file.record(value, keys, ['address', ...settingKeys])
    const addresses = addressesOf({ file, keys, value: mapping['address'], count: names.length })
    const settings = readSettings(file, mapping, keys)
    for (const [index, name] of names.entries()) {
      const known = declared.get(name)
      const address = addresses?.[index] ?? known?.address
      declared.set(name, {
        name: checked(file, name, keys),
        address,
        origin: file.origin(keys),
        own: [...(known?.own ?? []), settings],
      })
    }
  }
  return declared
}

/** One address for each host: a node set of as many. */
function addressesOf({
  file,
  keys,
  value,
  count,
}: {
  file: YamlFile
  keys: Keys
  value: Json | undefined
  count: number
}): string[] | undefined {
  if (value === undefined) return undefined
  const place = [...keys, 'address']
  if (typeof value !== 'string') throw file.fault(place, 'address must be a name or an address')
  const addresses = expand(file, { text: value, keys: place, part: 'value' })
  if (addresses.length === count) return addresses.map(address => checked(file, address, place, 'value'))
  throw file.fault(
    place,
    `${addresses.length} address${addresses.length === 1 ? '' : 'es'} for ${count} host${count === 1 ? '' : 's'}`,
    {
      hint: 'write as many as there are hosts, as in web[1-3]: { address: "10.0.0.[1-3]" }',
    },
  )
}

/** A node set of plain names: no group is known here. */
function expand(file: YamlFile, { text, keys, part }: { text: string; keys: Keys; part: 'key' | 'value' }): string[] {
  const set: GroupSet = { text, fault: (problem, details) => file.fault(keys, problem, { ...details, part }) }
  const [hosts = []] = new GroupSets(new Map([['', { sets: [set], children: [] }]])).resolveAll().values()
  return [...hosts]
}

function checked(file: YamlFile, name: string, keys: Keys, part: 'key' | 'value' = 'key'): string {
  try {
    const { host, user, port } = parseAddress(name)
    if (user === undefined && port === undefined) return host
  } catch (cause) {
    throw file.fault(keys, `'${name}' is not a host name or address`, { part, cause })
  }
  throw file.fault(keys, `'${name}' has a user or port in it`, { part, hint: 'write them as user: and port: of the host' })
}

interface DeclaredGroup extends GroupDefinition {
  readonly name: string
  readonly keys: Keys
  readonly settings: Settings
}

function readGroups(file: YamlFile, groups: Mapping): DeclaredGroup[] {
  return Object.entries(groups).map(([name, value]) => {
    const keys = ['groups', name]
    if (!/^[^\s,!&^@*?[\]]+$/.test(name)) throw file.fault(keys, `'${name}' can not be the name of a group`, { part: 'key' })
    if (name === 'all')
      throw file.fault(keys, "'all' is every host by itself", { part: 'key', hint: 'settings of every host are defaults' })
    const plain = typeof value !== 'object' || value === null || Array.isArray(value)
    const mapping = plain ? {} : file.record(value, keys, ['hosts', 'children', ...settingKeys])
    const sets = plain ? file.texts(value, keys) : file.texts(mapping['hosts'], [...keys, 'hosts'])
    const children = file.texts(mapping['children'], [...keys, 'children'])
    const located = ({ text, keys: place }: { text: string; keys: Keys }): GroupSet => ({
      text,
      fault: (problem, details) => file.fault(place, problem, details),
    })
    return { name, keys, sets: sets.map(located), children: children.map(located), settings: readSettings(file, mapping, keys) }
  })
}

/** Parents before their children, else in order of declaration. */
function byStrength(groups: readonly DeclaredGroup[]): DeclaredGroup[] {
  const parents = new Map<string, string[]>()
  for (const { name, children } of groups)
    for (const { text } of children) parents.set(text, [...(parents.get(text) ?? []), name])
  const depths = new Map<string, number>()
  const depth = (name: string): number => {
    const known = depths.get(name) ?? Math.max(0, ...(parents.get(name) ?? []).map(parent => depth(parent) + 1))
    depths.set(name, known)
    return known
  }
  return groups.toSorted((a, b) => depth(a.name) - depth(b.name))
}

import { join } from 'node:path'
import type { InventoryTools } from '../../core/component.ts'
import { type Host, hostNamed, type Inventory } from '../../core/host.ts'
import type { Json } from '../../core/json.ts'
import { connectionOf } from './connection.ts'
import { type AnsibleData, type AnsibleGroup, type AnsibleHost, ancestors, descendants } from './data.ts'
import { readVarsFiles, varsRoot } from './vars-files.ts'

type Vars = Readonly<Record<string, Json>>

/**
 * What was read as an Inventory, once all files are in. Variables have Ansible's precedence, the stronger later: `all`, groups by depth, then
 * `ansible_group_priority`, then name; then the same for the files in group_vars; then the host; then its file in host_vars.
 * @throws OpsError E_INVENTORY
 */
export async function finishAnsible(
  data: AnsibleData,
  source: { path: string; directory: boolean },
  tools: InventoryTools,
): Promise<Inventory> {
  reconcile(data)
  const root = varsRoot(source)
  const groupFiles = await readVarsFiles(join(root, 'group_vars'), data.groups.keys(), tools)
  const hostFiles = await readVarsFiles(join(root, 'host_vars'), data.hosts.keys(), tools)
  const groupsOf = memberships(data)
  const groupVars = new Map<string, Vars>()
  const hosts = new Map<string, Host>()
  for (const host of data.hosts.values()) {
    const groups = groupsOf.get(host) ?? []
    const key = groups.map(({ name }) => name).join('\n')
    const inherited = groupVars.get(key) ?? varsOfGroups(groups, groupFiles)
    groupVars.set(key, inherited)
    const vars = { ...inherited, ...Object.fromEntries(host.vars), ...hostFiles.get(host.name) }
    const names = groups.flatMap(({ name }) => (name === 'all' ? [] : [name])).sort()
    hosts.set(host.name, hostNamed(host.name, { ...connectionOf(host.name, vars), groups: names, vars, origin: host.origin }))
  }
  return { hosts, groups: membersOf(data) }
}

/** Every group hangs below `all`, and `ungrouped` holds the hosts that are nowhere else. */
function reconcile(data: AnsibleData): void {
  const all = data.group('all')
  const ungrouped = data.group('ungrouped')
  for (const group of data.groups.values()) if (group !== all && group.parents.size === 0) data.addChild(all, group)
  const grouped = new Set(
    [...data.groups.values()].flatMap(group => (group === all || group === ungrouped ? [] : [...group.hosts])),
  )
  for (const host of data.hosts.values()) {
    if (grouped.has(host)) ungrouped.hosts.delete(host)
    else ungrouped.hosts.add(host)
  }
}

/** The groups of each host, those above them included, from the weakest to the strongest. */
function memberships(data: AnsibleData): Map<AnsibleHost, AnsibleGroup[]> {
  const depths = new Map<AnsibleGroup, number>()
  const groups = [...data.groups.values()]
  const above = new Map(groups.map(group => [group, ancestors(group)]))
  const ranked = groups.sort(
    (a, b) => depthOf(a, depths) - depthOf(b, depths) || a.priority - b.priority || (a.name < b.name ? -1 : 1),
  )
  const rank = new Map(ranked.map((group, index) => [group, index]))
  const found = new Map<AnsibleHost, Set<AnsibleGroup>>()
  for (const group of ranked) {
    for (const host of group.hosts) {
      const member = found.get(host) ?? new Set()
      member.add(group)
      for (const parent of above.get(group) ?? []) member.add(parent)
      found.set(host, member)
    }
  }
  return new Map([...found].map(([host, set]) => [host, [...set].sort((a, b) => (rank.get(a) ?? 0) - (rank.get(b) ?? 0))]))
}

/** The longest way down from `all`. */
function depthOf(group: AnsibleGroup, known: Map<AnsibleGroup, number>): number {
  let depth = known.get(group)
  if (depth === undefined) {
    depth = 0
    for (const parent of group.parents) depth = Math.max(depth, depthOf(parent, known) + 1)
    known.set(group, depth)
  }
  return depth
}

function varsOfGroups(groups: readonly AnsibleGroup[], files: ReadonlyMap<string, Vars>): Vars {
  const vars: Record<string, Json> = {}
  // `all` is the first: its file is stronger than what the inventory says of any group, and weaker than every other file.
  for (const group of groups) Object.assign(vars, Object.fromEntries(group.vars))
  for (const group of groups) Object.assign(vars, files.get(group.name))
  return vars
}

function membersOf(data: AnsibleData): Map<string, readonly string[]> {
  const members = [...data.groups.values()].map(group => {
    const hosts = new Set([group, ...descendants(group)].flatMap(each => [...each.hosts]))
    return [group.name, [...hosts].map(({ name }) => name)] as const
  })
  return new Map(members)
}

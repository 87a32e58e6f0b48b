import type { Json } from '../../core/json.ts'

export type Vars = Map<string, Json>

export interface AnsibleGroup {
  readonly name: string
  readonly vars: Vars
  readonly hosts: Set<AnsibleHost>
  readonly children: Set<AnsibleGroup>
  readonly parents: Set<AnsibleGroup>
  priority: number
}

export interface AnsibleHost {
  readonly name: string
  readonly vars: Vars
  readonly origin: string
}

/**
 * Groups and hosts while the files of an Ansible inventory are read, one after the other: all sources of one inventory fill the same data, and only
 * then are variables worked out. Follows Ansible's inventory/data.py.
 */
export class AnsibleData {
  readonly groups = new Map<string, AnsibleGroup>()
  readonly hosts = new Map<string, AnsibleHost>()

  constructor() {
    this.addChild(this.group('all'), this.group('ungrouped'))
  }

  /** The group of that name, made if need be. */
  group(name: string): AnsibleGroup {
    const known = this.groups.get(name)
    if (known) return known
    const group: AnsibleGroup = { name, vars: new Map(), hosts: new Set(), children: new Set(), parents: new Set(), priority: 1 }
    this.groups.set(name, group)
    return group
  }

  /** Adds hosts to a group; a port counts only for a host that is new. */
  addHosts({
    names,
    port,
    group,
    origin,
  }: {
    names: readonly string[]
    port?: number | undefined
    group: AnsibleGroup
    origin: string
  }): void {
    for (const name of names) {
      const known = this.hosts.get(name)
      const host = known ?? { name, vars: new Map(), origin }
      if (!known) this.hosts.set(name, host)
      if (!known && port !== undefined) host.vars.set('ansible_port', port)
      group.hosts.add(host)
    }
  }

  /** False when the child is an ancestor of the parent, or the parent itself. */
  addChild(parent: AnsibleGroup, child: AnsibleGroup): boolean {
    if (parent === child || ancestors(parent).has(child)) return false
    parent.children.add(child)
    child.parents.add(parent)
    return true
  }

  /** Sets a variable of a group or host; a group hides a host of the same name, as in Ansible. */
  setVar(name: string, key: string, value: Json): void {
    const group = this.groups.get(name)
    if (group) setGroupVar(group, key, value)
    else this.hosts.get(name)?.vars.set(key, value)
  }
}

export function setGroupVar(group: AnsibleGroup, key: string, value: Json): void {
  const priority = key === 'ansible_group_priority' ? Number(value) : Number.NaN
  if (Number.isInteger(priority)) group.priority = priority
  else group.vars.set(key, value)
}

/** All groups above one, itself excluded. */
export function ancestors(group: AnsibleGroup): Set<AnsibleGroup> {
  return closure(group, each => each.parents)
}

/** All groups below one in breadth-first order, itself excluded. */
export function descendants(group: AnsibleGroup): Set<AnsibleGroup> {
  return closure(group, each => each.children)
}

function closure(start: AnsibleGroup, next: (group: AnsibleGroup) => Iterable<AnsibleGroup>): Set<AnsibleGroup> {
  const found = new Set(next(start))
  // A Set visits what is added while it is walked.
  for (const group of found) for (const more of next(group)) found.add(more)
  return found
}

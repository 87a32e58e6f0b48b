import type { Host, Inventory } from '../core/host.ts'
import { everyHost } from './select.ts'

/**
 * Several inventories as one: of the settings of a host the later win, one by one; groups gather the hosts of all; the group `all` is what each
 * inventory has for every host.
 */
export function unite(inventories: readonly Inventory[]): Inventory {
  const hosts = new Map<string, Host>()
  const groups = new Map<string, Set<string>>()
  for (const inventory of inventories) {
    for (const host of inventory.hosts.values()) {
      const known = hosts.get(host.name)
      hosts.set(host.name, known ? uniteHosts(known, host) : host)
    }
    for (const [name, members] of inventory.groups) groups.set(name, new Set([...(groups.get(name) ?? []), ...members]))
  }
  groups.set('all', new Set(inventories.flatMap(everyHost)))
  return { hosts, groups: new Map([...groups].map(([name, members]) => [name, [...members]])) }
}

/** A source that only mentions a host says `ssh` and weight 1 without meaning it, so these give way. */
function uniteHosts(earlier: Host, later: Host): Host {
  return {
    ...earlier,
    ...later,
    via: later.via === 'local' ? 'local' : earlier.via,
    weight: later.weight === 1 ? earlier.weight : later.weight,
    groups: [...new Set([...earlier.groups, ...later.groups])],
    labels: { ...earlier.labels, ...later.labels },
    vars: { ...earlier.vars, ...later.vars },
  }
}

import type { Context } from '../core/context.ts'
import type { Host, Inventory } from '../core/host.ts'
import type { Document } from '../core/report.ts'
import { foldNodeSet } from '../inventory/node-set.ts'
import { everyHost } from '../inventory/select.ts'
import type { FleetOptions } from './options.ts'
import { selectFrom } from './select-hosts.ts'

type HostListOptions = Pick<FleetOptions, 'targets' | 'inventory' | 'limit' | 'shard' | 'allowEmpty' | 'sshConfig'> & {
  readonly fold: boolean
  readonly groups: boolean
}

/** The selected hosts, or the groups, for people and as data. */
export async function hostList(context: Context, options: HostListOptions): Promise<Document> {
  const { inventory: sources, sshConfig, targets } = options
  const inventory = await context.inventory({ sources, ...(sshConfig !== undefined && { sshConfig }) })
  if (options.groups) {
    const groups = [...inventory.groups].map(([name, hosts]) => ({ name, hosts }))
    return {
      mime: 'text/plain',
      text: lines(groups.map(({ name, hosts }) => `@${name}: ${foldNodeSet(hosts)}`)),
      data: { groups },
    }
  }
  const hosts = targets.length === 0 ? everyDeclared(inventory) : await selectFrom(context, inventory, options)
  const names = hosts.map(host => host.name)
  return { mime: 'text/plain', text: lines(options.fold ? [foldNodeSet(names)] : names), data: { hosts: hosts.map(shown) } }
}

function everyDeclared(inventory: Inventory): Host[] {
  return everyHost(inventory)
    .map(name => inventory.hosts.get(name))
    .filter(host => host !== undefined)
}

const lines = (texts: readonly string[]): string => texts.map(text => `${text}\n`).join('')

/** Variables stay out: they may hold secrets. */
function shown({ vars: _, ...host }: Host): Omit<Host, 'vars'> {
  return host
}

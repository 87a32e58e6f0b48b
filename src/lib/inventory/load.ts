import type { Component, InventoryInput, InventoryTools } from '../core/component.ts'
import { errnoOf } from '../core/errno.ts'
import { OpsError } from '../core/errors.ts'
import { type Host, type Inventory, thisMachine } from '../core/host.ts'
import { inventoryError } from './fault.ts'
import { unite } from './unite.ts'

export interface LoadRequest {
  /** Paths of -i, in order: of the settings of a host the later win. */
  readonly sources: readonly string[]
  /** OpenSSH client configurations: their hosts are known by name, but are not part of `@*`. What does not exist is passed over. */
  readonly sshConfigs?: readonly string[]
  /** An SSH configuration that this user may not read is told here and passed over, as ssh does with its default ones; else it is an error. */
  readonly onForbidden?: (path: string) => void
  readonly components: readonly Component<'inventory'>[]
  readonly tools: InventoryTools
}

/**
 * The union of inventory sources. The group `all` holds every host of the sources; this machine is there as `localhost`, and not part of `all`,
 * unless a source defines it; an SSH configuration does not.
 * @throws OpsError E_INVENTORY
 */
export async function loadInventory(request: LoadRequest): Promise<Inventory> {
  const { sources, sshConfigs = [], components, tools } = request
  const inventories = await Promise.all(sources.map(path => loadSource(path, components, tools)))
  const known = await Promise.all(sshConfigs.map(path => loadSshConfig(path, request)))
  // What the sources say of a host is stronger than its mere name in an SSH configuration.
  const { hosts, groups } = unite([...known, ...inventories])
  return { hosts: withLocalhost(hosts), groups }
}

async function loadSource(
  path: string,
  components: readonly Component<'inventory'>[],
  tools: InventoryTools,
): Promise<Inventory> {
  const input = await tools.input(path)
  const sources = components
    .map(({ type, build }) => ({ type, source: build({}) }))
    .sort((a, b) => a.source.priority - b.source.priority)
  const fitting = sources.find(({ source }) => source.accepts(input))
  if (fitting) return fitting.source.load(input, tools)
  throw inventoryError({ path }, 'is no inventory of a known kind', {
    hint: `there are ${sources.map(({ type }) => type).join(', ')}${notRunnable(input)}`,
  })
}

const notRunnable = ({ text = '', executable }: InventoryInput): string =>
  text.startsWith('#!') && !executable ? '; a program needs chmod +x' : ''

async function loadSshConfig(path: string, request: LoadRequest): Promise<Inventory> {
  const { components, tools } = request
  const text = await readSshConfig(path, request)
  const source = components.find(({ type }) => type === 'ssh-config')?.build({})
  const groups = new Map([['all', []]])
  if (text === undefined || !source) return { hosts: new Map(), groups }
  const { hosts } = await source.load({ path, text, executable: false, directory: false }, tools)
  // Which settings ssh would use for this machine says nothing against working on it without ssh.
  return { hosts: new Map([...hosts].filter(([name]) => name !== thisMachine.name)), groups }
}

async function readSshConfig(path: string, { tools, onForbidden }: LoadRequest): Promise<string | undefined> {
  try {
    return await tools.readFile(path)
  } catch (error) {
    if (!onForbidden || !(error instanceof OpsError) || errnoOf(error.cause) !== 'EACCES') throw error
    onForbidden(path)
    return undefined
  }
}

function withLocalhost(hosts: ReadonlyMap<string, Host>): ReadonlyMap<string, Host> {
  return hosts.has(thisMachine.name) ? hosts : new Map([...hosts, [thisMachine.name, thisMachine]])
}

import { defineInventory, type InventoryInput, type InventoryTools } from '../core/component.ts'
import { hostNamed, type Inventory } from '../core/host.ts'
import { inventoryError } from './fault.ts'
import { isProgram } from './file-shape.ts'
import { type GroupDefinition, type GroupSet, GroupSets, groupsByHost } from './group-sets.ts'
import { YamlFile } from './own-yaml/file.ts'

export default defineInventory({
  type: 'clush-groups',
  version: '1.0.0',
  summary: "ClusterShell's groups: a YAML file of groups.d, or lines of `group: node set`",
  stability: 'stable',
  schema: { type: 'object', additionalProperties: false },
  example: {
    path: '/etc/clustershell/groups.d/local.cfg',
    text: '# local groups\nadm: mgmt[1-2]\ncompute: node[01-04]\nall: @adm,@compute\n',
    hosts: ['mgmt1', 'mgmt2', 'node01', 'node02', 'node03', 'node04'],
    groups: { adm: ['mgmt1', 'mgmt2'] },
  },
  build: () => ({
    // Before Ansible's YAML: a file may name its groups `all` and `web`, but Ansible has no groups on one line each.
    priority: 35,
    accepts: input => !input.directory && input.text !== undefined && !isProgram(input) && (isLines(input) || isSources(input)),
    load: async (input, tools) => inventoryOf(isSources(input) ? await readSources(input, tools) : readLines(input), input.path),
  }),
})

type Definitions = Map<string, GroupDefinition>

const lineShape = /^\s*([^\s:#@][^\s#,!&^@]*?):\s+(\S.*?)\s*$/

function isLines({ path, text = '' }: InventoryInput): boolean {
  const lines = text.split('\n').filter(line => !/^\s*(?:#|$)/.test(line))
  return lines.length > 0 && !/\.(?:ya?ml|json)$/.test(path) && lines.every(line => lineShape.test(line) && !/[{}"'=]/.test(line))
}

const isSources = ({ path }: InventoryInput): boolean => /(?:^|\/)(?:groups\.d|clustershell)\/.*\.ya?ml$/.test(path)

function readLines({ path, text = '' }: InventoryInput): Definitions {
  const definitions: Definitions = new Map()
  for (const [index, line] of text.split('\n').entries()) {
    const [, name, set] = /^\s*#/.test(line) ? [] : (lineShape.exec(line) ?? [])
    if (name === undefined || set === undefined) continue
    const place = { path, line: index + 1, column: line.indexOf(set, line.indexOf(':') + 1) + 1 }
    const fault: GroupSet['fault'] = (problem, details) => inventoryError(place, problem, details)
    definitions.set(name, { sets: [{ text: set, fault }], children: [] })
  }
  return definitions
}

/** Sources at the top, their groups below, each as `source:group`. */
async function readSources({ path, text = '' }: InventoryInput, tools: InventoryTools): Promise<Definitions> {
  const file = new YamlFile(await tools.parseYaml(text, path, 'ansible'), path)
  const definitions: Definitions = new Map()
  for (const [source, groups] of Object.entries(file.mapping(file.value, []))) {
    for (const [group, value] of Object.entries(file.mapping(groups, [source]))) {
      const sets = file.texts(typeof value === 'number' ? String(value) : value, [source, group])
      const located = sets.map(
        ({ text: set, keys }): GroupSet => ({ text: set, fault: (problem, details) => file.fault(keys, problem, details) }),
      )
      definitions.set(`${source}:${group}`, { sets: located, children: [] })
    }
  }
  return definitions
}

/** A group of a source goes by its bare name too, where no earlier source has one of that name. */
function inventoryOf(definitions: Definitions, path: string): Inventory {
  const groups = new GroupSets(definitions).resolveAll()
  for (const [name, members] of [...groups]) {
    const bare = name.slice(name.indexOf(':') + 1)
    if (!groups.has(bare)) groups.set(bare, members)
  }
  const hosts = [...groupsByHost(groups)].map(([name, member]) => hostNamed(name, { origin: path, groups: member }))
  return { hosts: new Map(hosts.map(host => [host.name, host])), groups }
}

import { dirname, join } from 'node:path'
import type { InventoryTools, YamlDocument } from '../../core/component.ts'
import type { Json } from '../../core/json.ts'
import { inventoryError } from '../fault.ts'

const extensions = ['.yml', '.yaml', '.json']
const maxDepth = 16

type VarsByName = ReadonlyMap<string, Readonly<Record<string, Json>>>

/**
 * The variables in `group_vars/` or `host_vars/` of a directory for the names that have a file there: `web`, `web.yml`, `web.yaml`, `web.json`, the
 * first that is there, or all files in a directory `web/`. Encrypted files are passed over.
 * @throws OpsError E_INVENTORY
 */
export async function readVarsFiles(directory: string, names: Iterable<string>, tools: InventoryTools): Promise<VarsByName> {
  const entries = new Set(await tools.readDirectory(directory))
  const found = new Map<string, Readonly<Record<string, Json>>>()
  if (entries.size === 0) return found
  for (const name of names) {
    const entry = [`${name}/`, name, ...extensions.map(extension => name + extension)].find(each => entries.has(each))
    if (entry === undefined) continue
    const vars: Record<string, Json> = {}
    for (const file of await filesOf(join(directory, entry), entry.endsWith('/'), tools))
      Object.assign(vars, await readVars(file, tools))
    found.set(name, vars)
  }
  return found
}

/** Where `group_vars` and `host_vars` of an inventory source are looked for. */
export const varsRoot = ({ path, directory }: { path: string; directory: boolean }): string => (directory ? path : dirname(path))

async function filesOf(path: string, isDirectory: boolean, tools: InventoryTools, depth = 0): Promise<string[]> {
  if (!isDirectory) return [path]
  if (depth > maxDepth) return []
  const files: string[] = []
  for (const entry of await tools.readDirectory(path)) {
    const name = entry.replace(/\/$/, '')
    if (name.startsWith('.') || name.endsWith('~')) continue
    const [extension = ''] = /(?<=.)\.[^.]*$/.exec(name) ?? []
    const wanted = extension === '' || (!entry.endsWith('/') && extensions.includes(extension))
    if (wanted) files.push(...(await filesOf(join(path, name), entry.endsWith('/'), tools, depth + 1)))
  }
  return files
}

async function readVars(path: string, tools: InventoryTools): Promise<Readonly<Record<string, Json>>> {
  const text = (await tools.readFile(path)) ?? ''
  if (text.startsWith('$ANSIBLE_VAULT')) return {}
  const document = await tools.parseYaml(text, path, 'ansible')
  return document.value === null ? {} : varsOf(document, path)
}

function varsOf(document: YamlDocument, path: string): Readonly<Record<string, Json>> {
  const { value } = document
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Readonly<Record<string, Json>>
  throw inventoryError({ path, ...document.locate([]) }, 'variables must be keys and values')
}

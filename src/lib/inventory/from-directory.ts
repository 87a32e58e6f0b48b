import { join } from 'node:path'
import { defineInventory, type InventoryInput, type InventoryTools } from '../core/component.ts'
import type { Inventory } from '../core/host.ts'
import { AnsibleData } from './ansible/data.ts'
import { finishAnsible } from './ansible/finish.ts'
import { readIni } from './ansible/ini.ts'
import { inventoryError } from './fault.ts'
import { isAnsibleYaml, readAnsibleFile } from './from-ansible-yaml.ts'
import { isListing, readListing } from './from-command.ts'
import fromYaml from './from-yaml.ts'
import { unite } from './unite.ts'

/** What Ansible passes over in an inventory directory; `.ini` and `.cfg` there configure programs. */
const ignored = /^\.|^(?:host_vars|group_vars|vars_plugins)$|(?:~|\.(?:pyc|pyo|swp|bak|rpm|md|txt|rst|orig|ini|cfg|retry))$/
const maxDepth = 16

export default defineInventory({
  type: 'directory',
  version: '1.0.0',
  summary: 'Directory of inventories, read together as Ansible does, with its group_vars and host_vars',
  stability: 'stable',
  schema: { type: 'object', additionalProperties: false },
  example: {
    path: 'inventory',
    files: { 'inventory/01-web': '[web]\nweb1\n', 'inventory/02-all.yml': 'web:\n  vars: { ansible_port: 2222 }\n' },
    hosts: ['web1'],
    groups: { web: ['web1'] },
  },
  build: () => ({
    priority: 20,
    accepts: input => input.directory,
    async load(input, tools) {
      const data = new AnsibleData()
      const others: Inventory[] = []
      for (const file of await filesOf(input.path, tools)) {
        const ours = await readInto(data, file, tools)
        if (ours) others.push(ours)
      }
      const inventory = await finishAnsible(data, input, tools)
      return others.length === 0 ? inventory : unite([inventory, ...others])
    },
  }),
})

async function filesOf(directory: string, tools: InventoryTools, depth = 0): Promise<InventoryInput[]> {
  if (depth > maxDepth) throw inventoryError({ path: directory }, `directories are nested deeper than ${maxDepth}`)
  const files: InventoryInput[] = []
  for (const entry of await tools.readDirectory(directory)) {
    const name = entry.replace(/\/$/, '')
    if (ignored.test(name)) continue
    const path = join(directory, name)
    if (entry.endsWith('/')) files.push(...(await filesOf(path, tools, depth + 1)))
    else files.push(await tools.input(path))
  }
  return files
}

/** A file of our own format stands for itself and comes back. */
async function readInto(data: AnsibleData, file: InventoryInput, tools: InventoryTools): Promise<Inventory | undefined> {
  const ours = fromYaml.build({})
  if (isListing(file)) await readListing(data, file, tools)
  else if (isAnsibleYaml(file)) await readAnsibleFile(data, file, tools)
  else if (ours.accepts(file)) return ours.load(file, tools)
  else readIni(data, { text: file.text ?? '', path: file.path })
  return undefined
}

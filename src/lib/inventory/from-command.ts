import { defineInventory, type InventoryInput, type InventoryTools } from '../core/component.ts'
import { AnsibleData } from './ansible/data.ts'
import { finishAnsible } from './ansible/finish.ts'
import { readListJson } from './ansible/list-json.ts'
import { isProgram, topLevelKeys } from './file-shape.ts'

export default defineInventory({
  type: 'command',
  version: '1.0.0',
  summary: "Program that prints Ansible's dynamic inventory (--list, --host NAME), or a file of that JSON",
  stability: 'stable',
  schema: { type: 'object', additionalProperties: false },
  example: {
    path: 'cloud.json',
    text: '{"web": {"hosts": ["web1", "web2"]}, "_meta": {"hostvars": {"web1": {"ansible_host": "10.0.0.1"}}}}',
    hosts: ['web1', 'web2'],
    groups: { web: ['web1', 'web2'] },
  },
  build: () => ({
    priority: 10,
    accepts: isListing,
    async load(input, tools) {
      const data = new AnsibleData()
      await readListing(data, input, tools)
      return finishAnsible(data, input, tools)
    },
  }),
})

/** A program, or what one printed: JSON with `_meta`. */
export function isListing(input: InventoryInput): boolean {
  if (input.directory) return false
  return isProgram(input) || (/^\s*\{/.test(input.text ?? '') && topLevelKeys(input.text ?? '').includes('_meta'))
}

/** @throws OpsError E_INVENTORY */
export async function readListing(data: AnsibleData, input: InventoryInput, tools: InventoryTools): Promise<void> {
  const { path } = input
  if (!isProgram(input)) return readListJson(data, { path, text: input.text ?? '' })
  const text = await tools.runProgram(path, ['--list'])
  await readListJson(data, { path, text, hostVars: name => tools.runProgram(path, ['--host', name]) })
}

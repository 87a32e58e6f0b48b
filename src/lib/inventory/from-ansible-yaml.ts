import { defineInventory, type InventoryInput, type InventoryTools } from '../core/component.ts'
import { AnsibleData } from './ansible/data.ts'
import { finishAnsible } from './ansible/finish.ts'
import { readAnsibleYaml } from './ansible/yaml.ts'
import { inventoryError } from './fault.ts'
import { isProgram, looksLikeYaml, topLevelKeys } from './file-shape.ts'

export default defineInventory({
  type: 'ansible-yaml',
  version: '1.0.0',
  summary: 'Ansible inventory in YAML form, with group_vars and host_vars beside it',
  stability: 'stable',
  schema: { type: 'object', additionalProperties: false },
  example: {
    path: 'hosts.yml',
    text: 'all:\n  children:\n    web:\n      hosts:\n        web[01:02]: { ansible_user: deploy }\n  hosts:\n    db1: { ansible_host: 10.0.0.5 }\n',
    hosts: ['web01', 'web02', 'db1'],
    groups: { web: ['web01', 'web02'] },
  },
  build: () => ({
    priority: 40,
    accepts: isAnsibleYaml,
    async load(input, tools) {
      const data = new AnsibleData()
      await readAnsibleFile(data, input, tools)
      return finishAnsible(data, input, tools)
    },
  }),
})

/** Groups at the top, with their parts below, or a configuration of a plugin. */
export function isAnsibleYaml(input: InventoryInput): boolean {
  const { text, directory } = input
  if (text === undefined || directory || isProgram(input) || !looksLikeYaml(input)) return false
  const keys = topLevelKeys(text)
  if (keys.includes('plugin') || keys.includes('all') || keys.includes('ungrouped')) return true
  return !keys.includes('hosts') && !keys.includes('groups') && /^[\s{,]+["']?(?:hosts|children|vars)["']?\s*:/m.test(text)
}

/** @throws OpsError E_INVENTORY, also for the configuration of a plugin, which only Ansible can run */
export async function readAnsibleFile(
  data: AnsibleData,
  { path, text = '' }: InventoryInput,
  tools: InventoryTools,
): Promise<void> {
  const document = await tools.parseYaml(text, path, 'ansible')
  if (topLevelKeys(text).includes('plugin')) {
    throw inventoryError(
      { path, ...document.locate(['plugin'], 'key') },
      'this configures an inventory plugin, which only Ansible can run',
      {
        hint: `save what it finds with ansible-inventory -i ${path} --list, and name that file`,
      },
    )
  }
  readAnsibleYaml(data, document, path)
}

import { defineInventory } from '../core/component.ts'
import { isProgram, looksLikeYaml } from './file-shape.ts'
import { YamlFile } from './own-yaml/file.ts'
import { readInventoryFile } from './own-yaml/read.ts'
import { inventorySchema } from './own-yaml/schema.ts'

export default defineInventory({
  type: 'yaml',
  version: '1.0.0',
  summary: "opsctl's own inventory: hosts, groups and defaults as node sets",
  stability: 'stable',
  schema: inventorySchema,
  example: {
    path: 'inventory.yaml',
    text: 'hosts:\n  web[01-02].example.com: { user: deploy }\n  db1: { address: 10.0.0.5, jump: bastion }\ngroups:\n  web: web[01-02].example.com\n  prod: { hosts: "@web,db1", labels: { stage: prod } }\ndefaults: { user: ops }\n',
    hosts: ['web01.example.com', 'web02.example.com', 'db1'],
    groups: { web: ['web01.example.com', 'web02.example.com'], prod: ['web01.example.com', 'web02.example.com', 'db1'] },
  },
  build: () => ({
    // After the sources that know their YAML by its shape: what is left must be ours, and says so where it is not.
    priority: 60,
    accepts: input => !input.directory && input.text !== undefined && !isProgram(input) && looksLikeYaml(input),
    async load(input, tools) {
      return readInventoryFile(new YamlFile(await tools.parseYaml(input.text ?? '', input.path), input.path))
    },
  }),
})

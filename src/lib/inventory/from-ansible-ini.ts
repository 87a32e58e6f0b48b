import { defineInventory } from '../core/component.ts'
import { AnsibleData } from './ansible/data.ts'
import { finishAnsible } from './ansible/finish.ts'
import { readIni } from './ansible/ini.ts'
import { isProgram, looksLikeYaml } from './file-shape.ts'

export default defineInventory({
  type: 'ansible-ini',
  version: '1.0.0',
  summary: 'Ansible inventory in INI form, with group_vars and host_vars beside it',
  stability: 'stable',
  schema: { type: 'object', additionalProperties: false },
  example: {
    path: 'hosts',
    text: '[web]\nweb[01:02].example.com ansible_user=deploy\n\n[db]\ndb1 ansible_host=10.0.0.5\n\n[prod:children]\nweb\ndb\n',
    hosts: ['web01.example.com', 'web02.example.com', 'db1'],
    groups: { prod: ['web01.example.com', 'web02.example.com', 'db1'] },
  },
  build: () => ({
    // The last resort: whatever is text and nothing else may be a plain list of hosts.
    priority: 90,
    accepts: input => !input.directory && !isProgram(input) && !looksLikeYaml(input) && input.text !== undefined,
    async load(input, tools) {
      const data = new AnsibleData()
      readIni(data, { text: input.text ?? '', path: input.path })
      return finishAnsible(data, input, tools)
    },
  }),
})

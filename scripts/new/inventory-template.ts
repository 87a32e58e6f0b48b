import type { Plan } from './plan.ts'

/** A source of hosts: \`HOST, GROUP…\` lines of a file with its own extension, to be replaced by what the source is. */
export function inventoryFiles(name: string): Plan {
  const type = name.replace(/^from-/, '')
  return {
    files: [
      { path: `src/lib/inventory/from-${type}.ts`, text: source(type) },
      { path: `test/inventory/from-${type}.test.ts`, text: test(type) },
    ],
    runs: [
      ['test', '--only-failures', '--timeout=60000', 'test/contract/inventory.test.ts', `test/inventory/from-${type}.test.ts`],
    ],
    next: [
      `src/lib/inventory/from-${type}.ts: say which files are meant, and read them; src/lib/inventory/from-ssh-config.ts is a short example`,
      `test/inventory/from-${type}.test.ts: a file as people have it, and each way in which it can be wrong, with its place`,
      `opsctl hosts -i hosts.${type} --groups`,
    ],
  }
}

const source = (type: string): string => `import { defineInventory, type InventoryInput } from '../core/component.ts'
import { type Host, hostNamed, type Inventory } from '../core/host.ts'
import { inventoryError } from './fault.ts'

export default defineInventory({
  type: '${type}',
  version: '0.1.0',
  summary: 'lines of a host and its groups, separated by commas, in a file *.${type}',
  stability: 'experimental',
  schema: { type: 'object', additionalProperties: false },
  example: {
    path: 'hosts.${type}',
    text: '# host, groups\\nweb1,web,prod\\nweb2,web\\ndb1,prod\\n',
    hosts: ['web1', 'web2', 'db1'],
    groups: { web: ['web1', 'web2'], prod: ['web1', 'db1'] },
  },
  build: () => ({
    // The extension says it all, so this source comes before those that look into files.
    priority: 10,
    accepts: ({ path, directory }) => !directory && path.endsWith('.${type}'),
    load: async input => inventoryOf(input),
  }),
})

function inventoryOf({ path, text = '' }: InventoryInput): Inventory {
  const hosts = new Map<string, Host>()
  const groups = new Map<string, string[]>()
  for (const [index, line] of text.split('\\n').entries()) {
    if (/^\\s*(#|$)/.test(line)) continue
    const [name = '', ...of] = line.split(',').map(field => field.trim())
    if (!/^[\\w.-]+$/.test(name)) throw inventoryError({ path, line: index + 1, column: 1 }, \`'\${name}' is not a host\`)
    hosts.set(name, hostNamed(name, { groups: of, origin: \`\${path}:\${index + 1}\` }))
    for (const group of of) groups.set(group, [...(groups.get(group) ?? []), name])
  }
  return { hosts, groups }
}
`

const test = (type: string): string => `import { expect, test } from 'bun:test'
import { loadFiles } from './memory-tools.ts'

test('a file of ${type} gives its hosts and groups', async () => {
  const { hosts, groups } = await loadFiles({ 'shop.${type}': 'web1,web\\nweb2,web\\n' }, 'shop.${type}')
  expect(hosts.get('web2')).toMatchObject({ name: 'web2', origin: 'shop.${type}:2' })
  expect(groups.get('web')).toEqual(['web1', 'web2'])
})

test('a line without a host is told with its place', async () => {
  expect(loadFiles({ 'shop.${type}': 'web1,web\\n,web\\n' }, 'shop.${type}')).rejects.toThrow("shop.${type}:2:1: '' is not a host")
})
`

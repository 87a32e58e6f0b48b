import { describe, expect, test } from 'bun:test'
import { components } from '../inventory/ansible.ts'
import { type Files, memoryTools } from '../inventory/memory-tools.ts'

// What holds for every source of hosts, those to come included.

interface Example {
  readonly path: string
  readonly text?: string
  readonly files?: Files
  readonly hosts: string[]
  readonly groups: Record<string, string[]>
}

test('no two sources have one name', () => {
  const types = components.map(({ type }) => type)
  expect(new Set(types).size).toBe(types.length)
})

describe.each(components.map(component => [component.type, component] as const))('%s', (_, component) => {
  const example = component.example as unknown as Example
  const files = example.files ?? { [example.path]: example.text ?? '' }

  test('says what it is', () => {
    expect(component.kind).toBe('inventory')
    expect(component.type).toMatch(/^[a-z][a-z0-9-]*$/)
    expect(component.summary).toMatch(/[^.]$/)
    expect(component.schema).toBeObject()
  })

  test('its example gives the hosts and groups it names', async () => {
    const tools = memoryTools(files)
    const source = component.build({})
    const input = await tools.input(example.path)
    expect(source.accepts(input)).toBe(true)
    const { hosts, groups } = await source.load(input, tools)
    expect([...hosts.keys()]).toEqual(example.hosts)
    for (const [name, members] of Object.entries(example.groups)) expect(groups.get(name)).toEqual(members)
  })

  test('its example is its own: no other source takes it first', async () => {
    const input = await memoryTools(files).input(example.path)
    const takers = components
      .filter(other => other.build({}).accepts(input))
      .sort((a, b) => a.build({}).priority - b.build({}).priority)
    expect(takers[0]?.type).toBe(component.type)
  })
})

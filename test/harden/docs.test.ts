import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { findCommand } from '../../src/lib/cli/find-command.ts'
import { parseArguments } from '../../src/lib/cli/parse.ts'
import { checked, layer, typed } from '../../src/lib/config/layers.ts'
import { allRules } from '../../src/lib/harden/rule-list.ts'
import { commands, components, globals } from '../../src/registry.generated.ts'
import { shellWords } from '../helpers/shell-words.ts'

const page = readFileSync(join(import.meta.dirname, '../../docs/harden.md'), 'utf8')
const lines = [...page.matchAll(/^opsctl (.*)$/gm)].map(([, line = '']) => line)
const program = { version: '0', commands, components, globals }

test.each(lines)('docs/harden.md: opsctl %s', async line => {
  const { command: entry, rest } = findCommand(program, shellWords(line))
  if (!entry) throw new Error('no such command')
  const flags = [...entry.flags, ...globals]
  const raw = typed(parseArguments(entry, program, rest), flags)
  const { default: command } = await entry.load()
  const layered = layer({ entry, program, raw, env: {}, config: new Map() })
  expect(() => checked(command.input, layered, [...flags, ...entry.args])).not.toThrow()
})

test('docs/harden.md says how many rules there are, and names only rules that exist', () => {
  const rules = allRules()
  expect(page).toContain(`${rules.length} rules`)
  const named = [...page.matchAll(/\b(?:sshd|sysctl|files|accounts|sudo)-[a-z-]+\b/g)].map(([name]) => name)
  expect(named.filter(name => !rules.some(({ id }) => id === name))).toEqual([])
})

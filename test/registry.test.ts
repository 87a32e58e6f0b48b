import { describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { registrySource, root } from '../scripts/registry.ts'
import { findCommand } from '../src/lib/cli/find-command.ts'
import { parseArguments } from '../src/lib/cli/parse.ts'
import { checked, layer, typed } from '../src/lib/config/layers.ts'
import { exitCodes } from '../src/lib/core/exit.ts'
import { commands, components, globals } from '../src/registry.generated.ts'
import { shellWords } from './helpers/shell-words.ts'

const program = { version: '0', commands, components, globals }

test('the registry is what the folders hold', async () => {
  expect(readFileSync(join(root, 'src/registry.generated.ts'), 'utf8')).toBe(await registrySource())
})

describe.each(commands.map(entry => [entry.path.join(' '), entry] as const))('opsctl %s', (_, entry) => {
  test('has examples, each understood by the real parser and schema', async () => {
    expect(entry.examples.length).toBeGreaterThan(0)
    const { default: command } = await entry.load()
    for (const { line } of entry.examples) {
      const found = findCommand(program, shellWords(line))
      expect(found.command?.path).toEqual(entry.path)
      const flags = [...entry.flags, ...globals]
      const raw = typed(parseArguments(entry, program, found.rest), flags)
      const layered = layer({ entry, program, raw, env: {}, config: new Map() })
      expect(() => checked(command.input, layered, [...flags, ...entry.args])).not.toThrow()
    }
  })

  test('documents only known exit codes', () => {
    expect(entry.exits.filter(code => !(code in exitCodes))).toEqual([])
  })

  test('has flags that clash neither with each other nor with the global ones', () => {
    const all = [...entry.flags, ...globals]
    const names = all.flatMap(flag => [flag.long, ...(flag.short ? [flag.short] : [])])
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
  })
})

test('no word is both a command and the name of a setting, so configuration files are unambiguous', () => {
  const settings = new Set(
    [...globals, ...commands.flatMap(entry => entry.flags)].filter(flag => !flag.commandLineOnly).map(flag => flag.long),
  )
  expect(commands.map(entry => entry.path[0] ?? '').filter(name => settings.has(name))).toEqual([])
})

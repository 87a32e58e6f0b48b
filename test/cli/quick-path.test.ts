import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import packageJson from '../../package.json' with { type: 'json' }
import { answersSource } from '../../scripts/answers.ts'
import { commands, components, globals } from '../../src/registry.generated.ts'

const src = join(import.meta.dirname, '../../src')

/** Everything that is loaded with a module: imports of values, not of types, and none that wait until they are needed. */
function loadedWith(file: string, found = new Set<string>()): ReadonlySet<string> {
  if (found.has(file)) return found
  found.add(file)
  const text = readFileSync(join(src, file), 'utf8')
  for (const [, target = ''] of text.matchAll(/^(?:import|export) (?!type )[^'"]*?from '([^']+)'/gms)) {
    if (!target.startsWith('.')) found.add(target)
    else if (target.endsWith('.ts')) loadedWith(relative(src, normalize(join(src, dirname(file), target))), found)
  }
  return found
}

test.each(['main.ts', 'program.ts', 'lib/cli/help.ts', 'lib/cli/complete.ts'])(
  'help, version and completion of flags load no parser, no schema and no command: %s',
  file => {
    const modules = [...loadedWith(file)]
    expect(modules.length).toBeGreaterThan(3)
    expect(
      modules.filter(module => !module.startsWith('lib/') && !module.startsWith('node:') && !module.endsWith('.ts')),
    ).toEqual([])
    expect(modules.filter(module => module.startsWith('commands/'))).toEqual([])
  },
)

test('the answers of main.ts are what the program prints', async () => {
  const source = await answersSource({ version: packageJson.version, globals, commands, components })
  expect(readFileSync(join(src, 'answers.generated.ts'), 'utf8')).toBe(source)
})

test('what reads a command line loads them, so the walk above would see them', () => {
  expect([...loadedWith('lib/cli/parse.ts'), ...loadedWith('lib/config/globals.ts')]).toEqual(
    expect.arrayContaining(['zod', 'commander']),
  )
})

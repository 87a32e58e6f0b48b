import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { tempDir } from '../helpers/temp-dir.ts'

const known = ['answers.generated.ts', 'lib/io/file-system.ts', 'lib/io/process-stream.ts', 'lib/io/write-at-once.ts', 'node:fs']
const quick = [
  ...known,
  'lib/cli/asked.ts',
  'lib/cli/dispatch.ts',
  'lib/cli/find-command.ts',
  'lib/core/errors.ts',
  'lib/core/nearest.ts',
  'lib/core/redact.ts',
  'lib/core/registered-command.ts',
  'lib/io/descriptor.ts',
  'lib/io/ignored-signals.ts',
  'lib/io/plain-style.ts',
  'lib/io/system-clock.ts',
  'lib/io/system.ts',
  'lib/io/wants-color.ts',
  'lib/surface/flag.ts',
  'lib/surface/verb.ts',
  'program.ts',
  'registry.generated.ts',
]
const help = [...quick, 'lib/cli/help.ts', 'lib/core/exit.ts', 'lib/surface/text-table.ts']

async function loadedBy(line: string): Promise<{ readonly modules: readonly string[]; readonly code: number }> {
  await using directory = await tempDir()
  const file = join(directory.path, 'modules.json')
  const preload = new URL('../helpers/record-modules.ts', import.meta.url).pathname
  const main = new URL('../../src/main.ts', import.meta.url).pathname
  const child = Bun.spawn([process.execPath, `--preload=${preload}`, main, ...line.split(' ')], {
    env: { OPSCTL_TEST_MODULES: file, HOME: directory.path },
    stdout: 'ignore',
    stderr: 'inherit',
  })
  const code = await child.exited
  const modules: string[] = await Bun.file(file).json()
  return { code, modules: modules.filter(name => name !== 'main.ts') }
}

// A module more on this list is time at every start: measure it (`npm run bench -- startup`) before it is added.
test.each([
  ['--version', known],
  ['--help', known],
  ['--version --no-input', quick],
  ['exec --help', help],
  ['help config show', help],
])(
  'opsctl %s loads these modules and no others',
  async (line, modules) => {
    expect(await loadedBy(line)).toEqual({ code: 0, modules: [...modules].sort() })
  },
  60_000,
)

test('a local command loads no parser, no schema, no YAML, no SSH and no change engine', async () => {
  const { code, modules } = await loadedBy('exec -t localhost -q -- true')
  expect(code).toBe(0)
  expect(modules).toContain('lib/transport/local.ts')
  // Of packages none at all: each of them costs more than all that is opsctl's own.
  expect(modules.filter(name => !/^(lib|commands)\/|^node:|^[a-z.]+\.ts$/.test(name))).toEqual([])
  for (const heavy of ['node:zlib', 'node:tty', 'node:net']) expect(modules).not.toContain(heavy)
  expect(modules.filter(name => name.startsWith('lib/plan/'))).toEqual(['lib/plan/unfinished-runs.ts'])
  expect(modules.filter(name => /^lib\/transport\/(ssh|known-hosts)/.test(name))).toEqual([])
  // Nor what reads inventories, folds names, or writes files of output.
  expect(modules.filter(name => name.startsWith('lib/inventory/'))).toEqual([])
  expect(modules).not.toContain('node:fs/promises')
}, 60_000)

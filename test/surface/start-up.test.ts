import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { tempDir } from '../helpers/temp-dir.ts'

const known = ['answers.generated.ts', 'lib/io/file-system.ts', 'lib/io/process-stream.ts', 'lib/io/write-at-once.ts', 'node:fs']
/** What the compiled program answers a known line with: no node:fs, the half of whose time it would be. */
const native = ['answers.generated.ts', 'native/write-at-once.ts']
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

/** `native`: with the modules of the compiled program that are its runtime's own. */
async function loadedBy(
  line: string,
  { native = false }: { readonly native?: boolean } = {},
): Promise<{ readonly modules: readonly string[]; readonly code: number }> {
  await using directory = await tempDir()
  const file = join(directory.path, 'modules.json')
  const preload = (name: string): string => `--preload=${new URL(`../helpers/${name}.ts`, import.meta.url).pathname}`
  const preloads = [...(native ? [preload('native-modules')] : []), preload('record-modules')]
  const main = new URL('../../src/main.ts', import.meta.url).pathname
  const child = Bun.spawn([process.execPath, ...preloads, main, ...line.split(' ')], {
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

/** By folder, without the `.ts`: of packages, of SSH, of inventories, of the engine of changes and of what writes files of output none at all. */
const ofLocalCommand: readonly (readonly [folder: string, names: string])[] = [
  ['commands', 'exec.run'],
  [
    'lib/cli',
    'asked components delivery dispatch find-command input open-connector output-reader paths perform plain-arguments run signals',
  ],
  ['lib/config', 'layers output-targets plain-input'],
  [
    'lib/core',
    'clock component duration errno errors exit host item nearest random-hex redact registered-command report run-id sha256 shard size transport',
  ],
  ['lib/exec/change', 'change-file'],
  ['lib/exec', 'execute host-output line-prefixer output-file-name request run-on-host terminal-line work'],
  ['lib/fleet', 'file-limit fleet host-file-name host-visit max-fail run-on-fleet run-record work'],
  [
    'lib/io',
    'descriptor file-system ignored-signals log plain-progress plain-style process-stream progress-text progress prompt system-clock system wants-color write-at-once',
  ],
  [
    'lib/journal',
    'crc32 cursor cursors disk frame group-commit inspect journal parts prune read record-buffer recover segment-chain segment-header segment-list segment-scan segment-walk segment-writer state-error u64',
  ],
  ['lib/plan', 'unfinished-runs'],
  ['lib/render', 'block-text failure-groups hosts-text human-summary human no-config standing text-width visible-text'],
  ['lib/run', 'cannot-write deadline fan-out lock output-buffer output-store output-stream process-identity retry semaphore'],
  ['lib/surface', 'flag unknown-variables verb'],
  [
    'lib/transport',
    'command-watch local-connector local-process local output-buffer process-group quote running-command sudo transfer',
  ],
]

test.each(['--version', '--help'])(
  'the compiled program answers %s with these modules and no others',
  async line => {
    expect(await loadedBy(line, { native: true })).toEqual({ code: 0, modules: native })
  },
  60_000,
)

test.each([
  ['from the source', false, ['node:child_process']],
  ['of the compiled program', true, ['native/local-process.ts', 'native/write-at-once.ts']],
])(
  'a local command %s loads these modules and no others',
  async (_, native, more) => {
    const { code, modules } = await loadedBy('exec -t localhost -q -- true', { native })
    expect(code).toBe(0)
    const own = ofLocalCommand.flatMap(([folder, names]) => names.split(' ').map(name => `${folder}/${name}.ts`))
    const whole = ['answers.generated.ts', 'node:fs', 'node:path', 'program.ts', 'registry.generated.ts']
    const replaced = native ? 'lib/io/write-at-once.ts' : undefined
    expect(modules).toEqual([...own.filter(name => name !== replaced), ...whole, ...more].sort())
  },
  60_000,
)

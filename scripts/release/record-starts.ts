import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { compile } from './compile.ts'
import { hostTarget, type Packaging, root } from './packaging.ts'

/** What is recorded under the names of `startOrder`. */
const lines: Readonly<Record<string, readonly string[]>> = {
  version: ['--version'],
  exec: ['exec', '-t', 'localhost', '--', 'true'],
  help: ['exec', '--help'],
}

/**
 * Starts opsctl on the unchanged runtime, which alone can record, and writes down which functions each start used. The files are kept
 * with the sources, since they depend on the machine that recorded them and releases must not. Functions that changed since stand between
 * those that are used and those that are not, so that an old record costs little.
 */
export async function recordStarts(config: Packaging): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'opsctl-starts-'))
  try {
    const program = join(directory, 'opsctl')
    const unordered = { ...config, compile: { ...config.compile, startOrder: [] } }
    await compile({ config: unordered, target: hostTarget(config), outfile: program, runtime: process.execPath })
    for (const file of config.compile.startOrder) {
      const target = join(root, file)
      mkdirSync(dirname(target), { recursive: true })
      writeFileSync(target, record(program, { line: lines[basename(file)] ?? [], directory }))
    }
  } finally {
    rmSync(directory, { recursive: true })
  }
}

function record(program: string, { line, directory }: { readonly line: readonly string[]; readonly directory: string }): string {
  const file = join(directory, 'order')
  const env = { PATH: process.env['PATH'] ?? '', HOME: directory, XDG_STATE_HOME: directory, BUN_BYTECODE_ORDER_OUT: file }
  const { status, stderr } = spawnSync(program, line, { cwd: directory, env, encoding: 'utf8' })
  if (status !== 0) throw new Error(`opsctl ${line.join(' ')} ended with ${status}: ${stderr}`)
  // Lines with K list the functions that were not used: most of the file, and without them the same order comes out.
  return readFileSync(file, 'utf8').replace(/^K.*\n/gm, '')
}

// `npm run new KIND NAME`: a component or command from its template, with its test, in the registry and the docs at once.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { planNew } from './new/plan.ts'
import { root } from './registry.ts'

const [kind, ...words] = process.argv.slice(2)

try {
  const { files, runs, next } = planNew(kind, words)
  const taken = files.find(({ path }) => existsSync(join(root, path)))
  if (taken) throw new Error(`${taken.path} is there already`)
  for (const { path, text } of files) write(path, text)
  run(['scripts/generate.ts'])
  for (const args of runs) run(args)
  process.stdout.write(`\nnext:\n${next.map(line => `  ${line}\n`).join('')}`)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
  process.exitCode = 2
}

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
  process.stdout.write(`wrote: ${path}\n`)
}

/** Runs the same Bun; golden files of a new format are written by their own test. */
function run(args: readonly string[]): void {
  const env = { ...process.env, UPDATE_GOLDEN: '1' }
  const { status } = spawnSync(process.execPath, args, { cwd: root, env, stdio: 'inherit' })
  if (status !== 0) throw new Error(`${args.join(' ')} failed`)
}

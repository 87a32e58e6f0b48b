// Writes every generated file; with --check compares them and fails when one is stale.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { registrySource, root } from './registry.ts'

const check = process.argv.includes('--check')
const stale: string[] = []

/** Writes or compares one file. */
function produce(file: string, text: string): void {
  const path = join(root, file)
  if (read(path) === text) return
  stale.push(file)
  if (check) return
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

produce('src/registry.generated.ts', await registrySource())
// The reference is made from the registry that was just written.
if (!check || stale.length === 0) {
  const { referenceFiles } = await import('./docs.ts')
  for (const [file, text] of await referenceFiles()) produce(file, text)
}

if (stale.length > 0) process.stdout.write(`${check ? 'stale' : 'wrote'}: ${stale.join(', ')}\n`)
if (check && stale.length > 0) {
  process.stderr.write('hint: npm run generate\n')
  process.exitCode = 1
}

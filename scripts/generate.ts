// Writes every generated file; with --check compares them and fails when one is stale.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import packageJson from '../package.json' with { type: 'json' }
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

/** Pages of what is no longer there. */
function removeOthers(folder: string, known: ReadonlySet<string>): void {
  const present = existsSync(join(root, folder)) ? readdirSync(join(root, folder)).map(name => `${folder}/${name}`) : []
  for (const file of present.filter(path => !known.has(path))) {
    stale.push(file)
    if (!check) rmSync(join(root, file))
  }
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
  const { manFiles } = await import('./man.ts')
  const { answersSource } = await import('./answers.ts')
  const registry = await import('../src/registry.generated.ts')
  produce('src/answers.generated.ts', await answersSource({ version: packageJson.version, ...registry }))
  const pages = [...(await referenceFiles()), ...manFiles(registry)]
  for (const [file, text] of pages) produce(file, text)
  for (const folder of ['docs/reference', 'docs/man']) removeOthers(folder, new Set(pages.map(([file]) => file)))
}

if (stale.length > 0) process.stdout.write(`${check ? 'stale' : 'wrote'}: ${stale.join(', ')}\n`)
if (check && stale.length > 0) {
  process.stderr.write('hint: npm run generate\n')
  process.exitCode = 1
}

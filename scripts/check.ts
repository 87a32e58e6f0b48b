/** The gate, `npm test`: set-up, generated files, lint, types, tests, build, tests of the built program. SOAK=1 gives tests their full counts. */
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { runShown } from './run-shown.ts'
import { noTests, runTests, sumOf, type Totals } from './test-run.ts'
import { setUpTests } from './test-setup.ts'

const root = join(import.meta.dir, '..')
const oneFailed: Totals = { ...noTests, failed: 1 }

process.chdir(root)
mkdirSync('.tmp', { recursive: true })
const unitFiles = testFiles(file => !file.startsWith('e2e/'))
const endToEndFiles = testFiles(file => file.startsWith('e2e/'))
const patience = process.env['SOAK'] === '1' ? 10 : 1
const built = join(root, 'dist/opsctl')

const totals = [
  await stage('set-up', setUp),
  await stage('generated', () => script('scripts/generate.ts', '--check')),
  await stage('lint', () => tool('biome', 'ci', '--colors=off', '--error-on-warnings', '.')),
  await stage('types', () => tool('tsc', '--noEmit')),
  await stage('tests', () => runTests({ name: 'unit', files: unitFiles, timeoutMs: 30_000 * patience })),
]
const build = await stage('build', () => script('scripts/build.ts'))
totals.push(build)
if (build.failed === 0) totals.push(await stage('e2e', endToEnd))
finish()

function testFiles(wanted: (file: string) => boolean): string[] {
  const files = readdirSync('test', { recursive: true, encoding: 'utf8' })
  const tests = files.filter(file => file.endsWith('.test.ts') && wanted(file))
  return tests.sort().map(file => `test/${file}`)
}

/** Runs one stage and prints a line for it. */
async function stage(name: string, run: () => Promise<Totals>): Promise<Totals> {
  const start = performance.now()
  const result = await run()
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  const counts = result.passed + result.skipped.length > 0 ? `, ${result.passed} passed` : ''
  const failed = result.failed > 0 ? `, ${result.failed} FAILED` : ''
  process.stdout.write(`${name.padEnd(10)} ${seconds} s${counts}${failed}\n`)
  return result
}

async function setUp(): Promise<Totals> {
  const { installed, missing, why } = setUpTests()
  if (installed.length > 0) process.stdout.write(`installed for tests: ${installed.join(' ')}\n`)
  if (missing.length > 0) process.stdout.write(`missing for tests: ${missing.join(' ')} (${why})\n`)
  return noTests
}

async function script(file: string, ...args: readonly string[]): Promise<Totals> {
  if (!existsSync(file)) return noTests
  return verdict([process.execPath, file, ...args])
}

async function tool(name: string, ...args: readonly string[]): Promise<Totals> {
  // Under Bun as well, so that it does not matter which Node there is.
  return verdict([process.execPath, `node_modules/.bin/${name}`, ...args])
}

async function verdict(argv: readonly string[]): Promise<Totals> {
  const { code } = await runShown({ argv, show: 'if-failed', deadlineMs: 600_000 })
  return code === 0 ? noTests : oneFailed
}

async function endToEnd(): Promise<Totals> {
  if (endToEndFiles.length === 0) return noTests
  const env = existsSync(built) ? { OPSCTL_BIN: built } : {}
  return runTests({ name: 'e2e', files: endToEndFiles, timeoutMs: 120_000 * patience, env })
}

/** The last line is for people and programs alike; running no test at all is a failure. */
function finish(): void {
  const all = sumOf(totals)
  const failed = all.failed + (all.passed === 0 && all.failed === 0 ? 1 : 0)
  list('skipped', all.skipped)
  list('failed once, and passed when run again by itself', all.unsteady)
  list('failed', all.failures)
  process.stdout.write(
    `${all.passed} passed, ${failed} failed${all.skipped.length > 0 ? `, ${all.skipped.length} skipped` : ''}\n`,
  )
  process.exitCode = failed === 0 ? 0 : 1
}

function list(title: string, lines: readonly string[]): void {
  if (lines.length > 0) process.stdout.write(`${title}:\n${lines.map(line => `  ${line}\n`).join('')}`)
}

import { existsSync, readFileSync } from 'node:fs'
import { copyFile, readFile, rm } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { missingFile, type NeedName } from '../test/helpers/needs.ts'
import { runShown } from './run-shown.ts'
import { packageOf } from './test-setup.ts'

export interface Totals {
  readonly passed: number
  readonly failed: number
  /** Each with its reason. */
  readonly skipped: readonly string[]
  /** Named, where a test of that name failed: whole files and other stages are only counted. */
  readonly failures: readonly string[]
  /** What failed and then passed. */
  readonly unsteady: readonly string[]
}

export const noTests: Totals = { passed: 0, failed: 0, skipped: [], failures: [], unsteady: [] }

interface TestName {
  readonly file: string
  readonly name: string
}

interface Run {
  readonly name: string
  readonly files: readonly string[]
  readonly timeoutMs: number
  readonly env?: Readonly<Record<string, string>>
}

/** How long each file took the last time here; before the first time that is told by test/timings.json. Bun starts with the longest. */
const timings = '.tmp/timings.json'

/**
 * Runs test files with `bun test`, each with globals of its own, shows what a file printed when it is through, and counts.
 * Several files run at a time, one more than there are processors, since many wait; those that measure times come after them, without the one more.
 * Files that failed then run again, one at a time: a test that passes by itself is counted as passed, and named as unsteady. A soak takes the first answer.
 */
export async function runTests(run: Run): Promise<Totals> {
  const processors = availableParallelism()
  const calm = run.files.filter(wantsCalm)
  const others = run.files.filter(file => !calm.includes(file))
  await rm(missingFile, { force: true })
  if (!existsSync(timings)) await copyFile('test/timings.json', timings)
  const together = await runLane({ ...run, files: others, workers: Math.min(processors + 1, 6) })
  const quiet = await runLane({ ...run, name: `${run.name}-calm`, files: calm, workers: Math.min(processors, 2) })
  const first = sumOf([together, quiet])
  return process.env['SOAK'] === '1' ? first : lookAgain(run, first)
}

export function sumOf(totals: readonly Totals[]): Totals {
  return {
    passed: totals.reduce((sum, { passed }) => sum + passed, 0),
    failed: totals.reduce((sum, { failed }) => sum + failed, 0),
    skipped: totals.flatMap(({ skipped }) => skipped),
    failures: totals.flatMap(({ failures }) => failures),
    unsteady: totals.flatMap(({ unsteady }) => unsteady),
  }
}

const wantsCalm = (file: string): boolean => /^\/\/ Wants calm: /m.test(readFileSync(file, 'utf8'))

/** More than a few files that fail do not hang on a moment. */
const fewFiles = 4

async function lookAgain(run: Run, first: Totals): Promise<Totals> {
  const files = [...new Set(first.failures.map(fileOf))]
  if (files.length === 0 || files.length > fewFiles) return first
  return settle(first, await runLane({ ...run, name: `${run.name}-again`, files, workers: 1 }))
}

/** What is true of the first run after its failed files ran again; that alone where the second broke off. */
export function settle(first: Totals, again: Totals): Totals {
  if (again.failed !== again.failures.length) return first
  const isMended = (failure: string): boolean => !again.failures.includes(failure)
  const unsteady = first.failures.filter(isMended)
  const failures = first.failures.filter(failure => !isMended(failure))
  const { length: mended } = unsteady
  return { ...first, passed: first.passed + mended, failed: first.failed - mended, failures, unsteady }
}

const fileOf = (failure: string): string => failure.slice(0, failure.indexOf(': '))

async function runLane(run: Run & { readonly workers: number }): Promise<Totals> {
  if (run.files.length === 0) return noTests
  const report = `.tmp/${run.name}.xml`
  await rm(report, { force: true })
  const argv = [process.execPath, ...testArguments({ ...run, report })]
  const end = await runShown({ argv, env: { NO_COLOR: '1', ...run.env }, show: 'always', deadlineMs: 3_600_000 })
  const { passed, failed } = countTests({ ...end, files: run.files.length })
  const xml = await readFile(report, 'utf8').catch(() => '')
  const reasons = await missingByFile()
  const skipped = testsWith(xml, 'skipped').map(
    ({ file, name }) => `${file}: ${name} (${reasons.get(file) ?? 'skipped by itself'})`,
  )
  const failures = testsWith(xml, 'failure').map(({ file, name }) => `${file}: ${name}`)
  return { passed, failed, skipped, failures, unsteady: [] }
}

export function testArguments(lane: {
  readonly files: readonly string[]
  readonly timeoutMs: number
  readonly workers: number
  readonly report: string
}): string[] {
  return [
    ...['test', '--only-failures', `--timeout=${lane.timeoutMs}`, `--parallel=${lane.workers}`],
    ...['--reporter=junit', `--reporter-outfile=${lane.report}`],
    ...[`--timings=${timings}`, '--update-timings'],
    ...lane.files.map(file => `./${file}`),
  ]
}

/**
 * Passed and failed of the summary that ends the output. A run without one ended early, by a crash or by process.exit
 * in a test, and counts as one failure; so do a failing exit code without a failed test and a file that was not run.
 */
export function countTests(run: { readonly output: string; readonly code: number | null; readonly files: number }): {
  readonly passed: number
  readonly failed: number
} {
  const lines = run.output.trimEnd().split('\n')
  const summary = /^Ran \d+ tests? across (\d+) files?\./
  const last = lines.findLastIndex(line => summary.test(line))
  if (last === -1) return { passed: 0, failed: 1 }
  const counts = new Map<string, number>()
  for (let index = last - 1; index >= 0; index--) {
    const [, count, word = ''] =
      /^ *(\d+) (pass|fail|skip|todo|errors?|expect\(\) calls|filtered out)\b/.exec(lines[index] ?? '') ?? []
    if (count === undefined) break
    counts.set(word, Number(count))
  }
  const failed = counts.get('fail') ?? 0
  const isWhole = run.code === 0 && Number(summary.exec(lines[last] ?? '')?.[1]) === run.files
  return { passed: counts.get('pass') ?? 0, failed: failed === 0 && !isWhole ? 1 : failed }
}

/** Test cases of a JUnit report that hold this element. */
export function testsWith(xml: string, element: 'skipped' | 'failure'): TestName[] {
  const cases = xml.matchAll(/<testcase name="([^"]*)"[^>]*? file="([^"]*)"[^>]*[^/]>\s*<(\w+)/g)
  return [...cases]
    .filter(([, , , held]) => held === element)
    .map(([, name = '', file = '']) => ({ file, name: unescapeXml(name) }))
}

/** What needs() noted while the tests ran. */
async function missingByFile(): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(missingFile, 'utf8').catch(() => '')
  const notes: { file: string; missing: NeedName[] }[] = text
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line))
  const reasons = new Map<string, Set<string>>()
  for (const { file, missing } of notes) {
    const words = missing.map(name => (packageOf(name) === undefined ? name : `${name}, Debian package ${packageOf(name)}`))
    reasons.set(file, new Set([...(reasons.get(file) ?? []), ...words]))
  }
  return new Map([...reasons].map(([file, words]) => [file, `needs ${[...words].join('; ')}`]))
}

const unescapeXml = (text: string): string =>
  text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&')

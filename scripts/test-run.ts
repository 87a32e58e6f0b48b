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
 */
export async function runTests(run: Run): Promise<Totals> {
  const processors = availableParallelism()
  const calm = run.files.filter(wantsCalm)
  const others = run.files.filter(file => !calm.includes(file))
  await rm(missingFile, { force: true })
  if (!existsSync(timings)) await copyFile('test/timings.json', timings)
  const together = await runLane({ ...run, files: others, workers: Math.min(processors + 1, 6) })
  const quiet = await runLane({ ...run, name: `${run.name}-calm`, files: calm, workers: Math.min(processors, 2) })
  return {
    passed: together.passed + quiet.passed,
    failed: together.failed + quiet.failed,
    skipped: [...together.skipped, ...quiet.skipped],
  }
}

const wantsCalm = (file: string): boolean => /^\/\/ Wants calm: /m.test(readFileSync(file, 'utf8'))

async function runLane(run: Run & { readonly workers: number }): Promise<Totals> {
  if (run.files.length === 0) return { passed: 0, failed: 0, skipped: [] }
  const report = `.tmp/${run.name}.xml`
  await rm(report, { force: true })
  const argv = [process.execPath, ...testArguments({ ...run, report })]
  const end = await runShown({ argv, env: { NO_COLOR: '1', ...run.env }, show: 'always', deadlineMs: 3_600_000 })
  const { passed, failed } = countTests({ ...end, files: run.files.length })
  return { passed, failed, skipped: await skippedTests(report) }
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

async function skippedTests(report: string): Promise<string[]> {
  const xml = await readFile(report, 'utf8').catch(() => '')
  const reasons = await missingByFile()
  const cases = xml.matchAll(/<testcase name="([^"]*)"[^>]*? file="([^"]*)"[^>]*[^/]>\s*<skipped/g)
  return [...cases].map(
    ([, name = '', file = '']) => `${file}: ${unescapeXml(name)} (${reasons.get(file) ?? 'skipped by itself'})`,
  )
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

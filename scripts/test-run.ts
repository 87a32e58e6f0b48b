import { readFile, rm } from 'node:fs/promises'
import { missingFile, type NeedName } from '../test/helpers/needs.ts'
import { runShown } from './run-shown.ts'
import { packageOf } from './test-setup.ts'

export interface Totals {
  readonly passed: number
  readonly failed: number
  /** Each with its reason. */
  readonly skipped: readonly string[]
}

/** Runs test files with `bun test`, shows failures as they come, and counts. */
export async function runTests(run: {
  readonly name: string
  readonly files: readonly string[]
  readonly timeoutMs: number
  readonly env?: Readonly<Record<string, string>>
}): Promise<Totals> {
  const report = `.tmp/${run.name}.xml`
  await rm(report, { force: true })
  await rm(missingFile, { force: true })
  const flags = ['--only-failures', `--timeout=${run.timeoutMs}`, '--reporter=junit', `--reporter-outfile=${report}`]
  const argv = [process.execPath, 'test', ...flags, ...run.files.map(file => `./${file}`)]
  const end = await runShown({ argv, env: { NO_COLOR: '1', ...run.env }, show: 'always', deadlineMs: 3_600_000 })
  const { passed, failed } = countTests(end.output, end.code)
  return { passed, failed, skipped: await skippedTests(report) }
}

/**
 * Passed and failed of the summary that ends the output. A run without one ended early, by a crash or by process.exit
 * in a test, and counts as one failure; so does a failing exit code without a failed test.
 */
export function countTests(output: string, code: number | null): { readonly passed: number; readonly failed: number } {
  const lines = output.trimEnd().split('\n')
  const last = lines.findLastIndex(line => /^Ran \d+ tests? across \d+ files?\./.test(line))
  if (last === -1) return { passed: 0, failed: 1 }
  const counts = new Map<string, number>()
  for (let index = last - 1; index >= 0; index--) {
    const [, count, word = ''] =
      /^ *(\d+) (pass|fail|skip|todo|errors?|expect\(\) calls|filtered out)\b/.exec(lines[index] ?? '') ?? []
    if (count === undefined) break
    counts.set(word, Number(count))
  }
  const failed = counts.get('fail') ?? 0
  return { passed: counts.get('pass') ?? 0, failed: failed === 0 && code !== 0 ? 1 : failed }
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

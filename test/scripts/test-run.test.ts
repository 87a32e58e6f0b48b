import { describe, expect, test } from 'bun:test'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runShown } from '../../scripts/run-shown.ts'
import { countTests, noTests, settle, testArguments, testsWith } from '../../scripts/test-run.ts'

const cases: readonly { name: string; source: string; passed: number; failed: number }[] = [
  {
    name: 'one that passes and one that fails',
    source: `test('a', () => {}); test('b', () => { throw new Error('b') })`,
    passed: 1,
    failed: 1,
  },
  { name: 'a file that cannot be loaded', source: `throw new Error('not loaded')`, passed: 0, failed: 1 },
  { name: 'a test that ends the process with 0', source: `test('a', () => process.exit(0))`, passed: 0, failed: 1 },
  { name: 'a test that crashes', source: `test('a', () => process.kill(process.pid, 'SIGSEGV'))`, passed: 0, failed: 1 },
  { name: 'skipped tests', source: `test.skip('a', () => {}); test('b', () => {})`, passed: 1, failed: 0 },
  {
    name: 'output that looks like a summary',
    source: `test('a', () => console.error('\\n 7 pass\\n 9 fail'))`,
    passed: 1,
    failed: 0,
  },
]

test.each(cases)(
  'counts $name',
  async ({ source, passed, failed }) => {
    expect(await counted({ 'a.test.ts': source })).toEqual({ passed, failed })
  },
  60_000,
)

test('counts what other files did while one ended its process, and what crashed', async () => {
  const good = `test('a', () => {}); test('b', () => {})`
  const sources = { 'a.test.ts': good, 'b.test.ts': `test('c', () => process.exit(0))`, 'c.test.ts': good }
  expect(await counted(sources)).toEqual({ passed: 4, failed: 1 })
  const { failed } = await counted({ ...sources, 'b.test.ts': `test('c', () => process.kill(process.pid, 'SIGSEGV'))` })
  expect(failed).toBeGreaterThan(0)
}, 120_000)

test('counts a file that was not run', async () => {
  expect(await counted({ 'a.test.ts': `test('a', () => {})` }, 2)).toEqual({ passed: 1, failed: 1 })
}, 60_000)

test('names what failed and what was skipped', async () => {
  const source = `test('a <b> & "c"', () => { throw new Error('d') }); test.skip('e', () => {}); test('f', () => {})`
  const { report } = await ran({ 'a.test.ts': source })
  expect(testsWith(report, 'failure')).toEqual([{ file: 'a.test.ts', name: 'a <b> & "c"' }])
  expect(testsWith(report, 'skipped')).toEqual([{ file: 'a.test.ts', name: 'e' }])
}, 60_000)

describe('what failed and was run again', () => {
  const first = { ...noTests, passed: 5, failed: 2, failures: ['a.test.ts: b', 'a.test.ts: c'] }

  test('is counted as passed where it passed, and named', () => {
    const settled = settle(first, { ...noTests, passed: 3, failed: 1, failures: ['a.test.ts: c'] })
    const unsteady = ['a.test.ts: b']
    expect(settled).toEqual({ ...noTests, passed: 6, failed: 1, failures: ['a.test.ts: c'], unsteady })
  })

  test('has failed where the second run broke off', () => {
    expect(settle(first, { ...noTests, failed: 1 })).toEqual(first)
  })

  test('leaves a failure without a name as it is', () => {
    const unnamed = { ...first, failed: 3 }
    expect(settle(unnamed, { ...noTests, passed: 4 })).toMatchObject({ passed: 7, failed: 1 })
  })
})

async function counted(sources: Readonly<Record<string, string>>, files = Object.keys(sources).length) {
  const { end } = await ran(sources)
  return countTests({ ...end, files })
}

/** How a lane of two workers with these files ended, and its report. */
async function ran(sources: Readonly<Record<string, string>>) {
  const parent = join(import.meta.dir, '../../.tmp')
  await mkdir(parent, { recursive: true })
  const directory = await mkdtemp(join(parent, 'count-'))
  try {
    for (const [name, source] of Object.entries(sources)) {
      await writeFile(join(directory, name), `import { test } from 'bun:test'\n${source}\n`)
    }
    const paths = Object.keys(sources)
    const args = testArguments({ files: paths, timeoutMs: 20_000, workers: 2, report: 'report.xml' })
    const argv = ['sh', '-c', 'cd "$0"; exec "$@" 2>&1', directory, process.execPath, ...args]
    const end = await runShown({ argv, show: 'never', deadlineMs: 50_000 })
    return { end, report: await readFile(join(directory, 'report.xml'), 'utf8').catch(() => '') }
  } finally {
    await rm(directory, { recursive: true })
  }
}

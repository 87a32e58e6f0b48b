import { expect, test } from 'bun:test'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runShown } from '../../scripts/run-shown.ts'
import { countTests } from '../../scripts/test-run.ts'

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

for (const { name, source, passed, failed } of cases) {
  test(`counts ${name}`, async () => {
    const parent = join(import.meta.dir, '../../.tmp')
    await mkdir(parent, { recursive: true })
    const directory = await mkdtemp(join(parent, 'count-'))
    try {
      await writeFile(join(directory, 'a.test.ts'), `import { test } from 'bun:test'\n${source}\n`)
      const argv = ['sh', '-c', 'exec "$0" test "$1" 2>&1', process.execPath, directory]
      const end = await runShown({ argv, show: 'never', deadlineMs: 20_000 })
      expect(countTests(end.output, end.code)).toEqual({ passed, failed })
    } finally {
      await rm(directory, { recursive: true })
    }
  })
}

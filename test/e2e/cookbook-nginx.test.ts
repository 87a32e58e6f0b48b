import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { execFile } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from '../helpers/free-port.ts'
import { needs } from '../helpers/needs.ts'
import { opsctlProgram } from '../helpers/opsctl.ts'
import { type TempDir, tempDir } from '../helpers/temp-dir.ts'

const checkout = join(import.meta.dirname, '../..')
const page = readFileSync(join(checkout, 'docs/cookbook/nginx.md'), 'utf8')

/** The commands of the page, each piece under its heading, with what the page says that it prints. */
const blocks = [...page.matchAll(/```sh\n(.*?)```\n(?:\n```text\n(.*?)```)?/gs)].map(([, commands = '', output = ''], index) => ({
  index,
  commands,
  output,
  heading: headingBefore(commands),
}))

describe.skipIf(!needs('nginx', 'curl'))('the nginx page of the cookbook, run from top to bottom', () => {
  let home: TempDir
  let printed: readonly string[] = []
  beforeAll(async () => {
    home = await tempDir()
    printed = await readerRuns(home.path)
  }, 120_000)
  afterAll(async () => {
    for (const file of globSync(join(home.path, '*/nginx.pid'))) process.kill(Number(await readFile(file, 'utf8')), 'SIGTERM')
    await home[Symbol.asyncDispose]()
  })

  test.each(blocks)('prints what it says: $heading, block $index', ({ index, output }) => {
    expect(printed[index]).toMatch(patternOf(output))
  })

  test('reloads nginx where its configuration changed, and only there', () => {
    const workers = printed.flatMap(text => /worker (\d+)/.exec(text)?.[1] ?? [])
    const isSame = workers.map((worker, index) => worker === workers[index - 1])
    // Start; change; once more; refused by nginx -t; refused by the gate; undo.
    expect(isSame).toEqual([false, false, true, true, false, false])
  })

  test('leaves nothing behind', () => {
    expect(globSync(join(home.path, 'tmp.*'))).toEqual([])
  })

  test('shows the change file as it is', () => {
    const shown = /```yaml\n(.*?)```/s.exec(page)?.[1]
    expect(shown).toBe(readFileSync(join(checkout, 'docs/cookbook/nginx/change.yaml'), 'utf8'))
  })
})

test('the links of the nginx page lead to files', () => {
  const links = [...page.matchAll(/\]\(([^)#:]+)\)/g)].map(([, link = '']) => link)
  expect(links.filter(link => !existsSync(join(checkout, 'docs/cookbook', link)))).toEqual([])
})

function headingBefore(commands: string): string {
  const before = page.slice(0, page.indexOf(commands))
  return /.*\n## (.*?)\n/s.exec(before)?.[1] ?? ''
}

/** What is printed, as a pattern: `…` alone in a line stands for any lines, within a line for any text. */
function patternOf(output: string): RegExp {
  const lines = output.split('\n').slice(0, -1)
  const patterns = lines.map(line => (line === '…' ? '(?:.*\\n)*?' : `${line.split('…').map(RegExp.escape).join('.*')}\\n`))
  return new RegExp(`^${patterns.join('')}$`)
}

/** Runs all blocks in one shell, as a reader does; what each of them printed. */
async function readerRuns(home: string): Promise<string[]> {
  const end = '=== the next block ===\n'
  const script = join(home, 'page.sh')
  await writeFile(script, `exec </dev/null 2>&1\n${blocks.map(({ commands }) => commands).join(`printf '${end}'\n`)}`)
  const env = {
    PATH: `${dirname(opsctlProgram())}:${process.env['PATH']}`,
    PORT: String(await freePort()),
    TMPDIR: home,
    HOME: home,
    LC_ALL: 'C.UTF-8',
  }
  const { stdout } = await promisify(execFile)('sh', [script], { cwd: checkout, env, timeout: 100_000, killSignal: 'SIGKILL' })
  return stdout.split(end)
}

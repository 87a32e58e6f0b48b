import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { cp, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { planNew } from '../../scripts/new/plan.ts'
import { root } from '../../scripts/registry.ts'
import { type TempDir, tempDir } from '../helpers/temp-dir.ts'

// The whole flow of a contributor, in a copy of the repository.
let copy: TempDir
beforeAll(async () => {
  copy = await tempDir()
  for (const name of ['src', 'scripts', 'test', 'docs', 'bin', 'package.json', 'tsconfig.json', 'biome.json', '.gitignore']) {
    await cp(join(root, name), join(copy.path, name), { recursive: true })
  }
  await symlink(join(root, 'node_modules'), join(copy.path, 'node_modules'))
}, 60_000)
afterAll(() => copy[Symbol.asyncDispose]())

async function inCopy(...argv: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = Bun.spawn([...argv], {
    cwd: copy.path,
    env: { PATH: Bun.env['PATH'] ?? '', HOME: copy.path, BIOME_CONFIG_PATH: copy.path },
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [stdout, stderr] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  return { code: await child.exited, stdout, stderr }
}

const bun = (...args: readonly string[]) => inCopy(process.execPath, ...args)
const opsctl = (...args: readonly string[]) => bun('src/main.ts', ...args)
const textOf = (path: string): Promise<string> => readFile(join(copy.path, path), 'utf8')

describe('npm run new', () => {
  test('makes a renderer that is in the registry, explain, the reference, the golden files and the contract suite', async () => {
    const made = await bun('scripts/new.ts', 'renderer', 'shout')
    expect({ code: made.code, stderr: made.code === 0 ? '' : made.stderr }).toEqual({ code: 0, stderr: '' })
    expect(made.stdout).toContain('wrote: src/lib/render/shout.ts')
    expect(await textOf('src/registry.generated.ts')).toContain("import('./lib/render/shout.ts')")
    expect(await textOf('docs/reference/components.md')).toMatch(/^\| `shout` \| 1 \| experimental \|/m)
    expect(existsSync(join(copy.path, 'test/golden/three-failed.1.shout'))).toBe(true)
    expect((await opsctl('explain', 'formats')).stdout).toMatch(/^ {2}shout +one line for each item/m)
    expect((await opsctl('explain', 'renderer', 'shout')).stdout).toContain('stability  experimental')
    expect((await opsctl('exec', '-t', 'localhost', '-o', 'shout', '--', 'true')).stdout).toBe('OK localhost: exec\n')
    const suite = await bun('test', '--timeout=60000', 'test/contract/renderer.test.ts', '-t', 'shout')
    expect({ code: suite.code, ran: suite.stderr.match(/\(pass\) shout > /g)?.length ?? 0 }).toMatchObject({ code: 0 })
    expect(suite.stderr).toContain('(pass) shout > prints 10,000 items in pieces of bounded size')
  }, 120_000)

  test('makes a source of hosts that is in the registry, explain, the reference and the contract suite', async () => {
    const made = await bun('scripts/new.ts', 'inventory', 'from-csv')
    expect({ code: made.code, stderr: made.code === 0 ? '' : made.stderr }).toEqual({ code: 0, stderr: '' })
    expect(await textOf('src/registry.generated.ts')).toContain("import('./lib/inventory/from-csv.ts')")
    expect(await textOf('docs/reference/components.md')).toMatch(/^\| `csv` \| 0\.1\.0 \| experimental \|/m)
    expect(JSON.parse((await opsctl('explain', 'inventory', 'csv', '-o', 'json')).stdout)).toMatchObject({
      kind: 'inventory',
      type: 'csv',
      example: { path: 'hosts.csv' },
    })
    await writeFile(join(copy.path, 'hosts.csv'), 'web1,web\nweb2,web\n')
    expect((await opsctl('hosts', '-i', 'hosts.csv', '-t', '@web', '--fold')).stdout).toBe('web[1-2]\n')
    const suite = await bun('test', '--timeout=60000', 'test/contract/inventory.test.ts', '-t', 'csv')
    expect(suite.code).toBe(0)
    expect(suite.stderr).toContain('(pass) csv > its example is its own: no other source takes it first')
  }, 120_000)

  test('makes a command with its page', async () => {
    const made = await bun('scripts/new.ts', 'command', 'pool', 'drain')
    expect({ code: made.code, stderr: made.code === 0 ? '' : made.stderr }).toEqual({ code: 0, stderr: '' })
    expect((await opsctl('pool', 'drain', 'hello')).stdout).toBe('hello\n')
    expect(await textOf('docs/man/opsctl-pool-drain.1')).toContain('.SH NAME\nopsctl\\-pool\\-drain \\- tell what was given')
  }, 120_000)

  test('makes what the types and the linter find no fault with', async () => {
    const types = await inCopy('node_modules/.bin/tsc', '--noEmit')
    expect(types).toEqual({ code: 0, stdout: '', stderr: '' })
    const made = [planNew('renderer', ['shout']), planNew('inventory', ['from-csv']), planNew('command', ['pool', 'drain'])]
    const files = made.flatMap(plan => plan.files.map(({ path }) => path))
    const lint = await inCopy(
      'node_modules/.bin/biome',
      'ci',
      '--colors=off',
      '--vcs-enabled=false',
      '--error-on-warnings',
      ...files,
    )
    expect({ code: lint.code, stderr: lint.code === 0 ? '' : lint.stderr }).toEqual({ code: 0, stderr: '' })
  }, 120_000)

  test('overwrites nothing', async () => {
    const { code, stderr } = await bun('scripts/new.ts', 'renderer', 'json')
    expect({ code, stderr }).toEqual({ code: 2, stderr: 'src/lib/render/json.ts is there already\n' })
  })

  test.each([
    [['renderer'], 'usage: npm run new renderer|inventory|command NAME'],
    [['cheque', 'age'], 'usage: npm run new renderer|inventory|command NAME'],
    [['renderer', 'Shout'], "'Shout' is no name"],
    [['renderer', '../shout'], "'../shout' is no name"],
    [['inventory', 'from', 'csv'], "'from csv' is no name"],
  ])('refuses %p', ([kind, ...words], message) => expect(() => planNew(kind, words)).toThrow(message))
})

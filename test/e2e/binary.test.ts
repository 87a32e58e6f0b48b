import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { commands } from '../../src/registry.generated.ts'
import { type Fleet, startFleet } from '../helpers/fleet.ts'
import { needs } from '../helpers/needs.ts'
import { opsctlProgram } from '../helpers/opsctl.ts'
import { type TempDir, tempDir } from '../helpers/temp-dir.ts'

let place: TempDir
let program: string

// The program alone in an empty directory, away from its sources and from every package.
beforeAll(async () => {
  place = await tempDir()
  await chmod(place.path, 0o755)
  program = join(place.path, 'opsctl')
  await copyFile(opsctlProgram(), program)
})

afterAll(() => place[Symbol.asyncDispose]())

interface End {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs with these variables and no others. */
async function run(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<End> {
  const child = Bun.spawn([...argv], { cwd: place.path, env: { ...env }, stdin: 'ignore', stderr: 'pipe', timeout: 60_000 })
  const [code, stdout, stderr] = await Promise.all([
    child.exited,
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ])
  return { code, stdout, stderr }
}

const line = ['exec', '-t', 'localhost', '--no-prefix', '--', '/bin/echo', 'it runs']

describe.skipIf(process.env['OPSCTL_BIN'] === undefined)('the program alone in an empty directory', () => {
  test.each(commands.map(({ path }) => path.join(' ')))('tells of `opsctl %s` without any variable', async path => {
    const { code, stdout, stderr } = await run([program, ...path.split(' '), '--help'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toStartWith(`opsctl ${path}`)
  })

  test('runs something without any variable', async () => {
    expect(await run([program, ...line])).toMatchObject({ code: 0, stdout: 'it runs\n' })
  })

  test.skipIf(!needs('root'))('runs something as a plain user without a home', async () => {
    const user = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
    expect(await run([...user, program, ...line], { PATH: '/usr/bin:/bin' })).toMatchObject({ code: 0, stdout: 'it runs\n' })
  })

  test.skipIf(!needs('mount'))('runs something where nothing can be written', async () => {
    const readOnly = ['unshare', '--mount', 'sh', '-c', 'mount -o remount,bind,ro / && exec "$@"', 'sh']
    const writes = ['exec', '-t', 'localhost', '--no-prefix', 'touch written 2>&1 || echo it runs']
    const end = await run([...readOnly, program, ...writes], { PATH: '/usr/bin:/bin:/usr/sbin:/sbin' })
    expect(end).toMatchObject({ code: 0, stdout: expect.stringMatching(/Read-only file system\nit runs\n$/) })
    expect(end.stderr).not.toContain('    at ')
  })

  test('a closed stdout is told by the exit code, once the command has run', async () => {
    const made = join(place.path, 'made')
    const end = await run([
      '/bin/sh',
      '-c',
      'exec "$@" >&-',
      'sh',
      program,
      'exec',
      '-t',
      'localhost',
      '--',
      '/bin/sh',
      '-c',
      `echo done >${made}; echo done`,
    ])
    expect(end.code).toBe(74)
    expect(await Bun.file(made).text()).toBe('done\n')
    expect((await run(['/bin/sh', '-c', 'exec "$@" >&-', 'sh', program, '--version'])).code).toBe(74)
  })

  test.each([
    [
      'a configuration that is wrong',
      78,
      { 'opsctl.yaml': 'exec:\n  concurency: 3\n' },
      {},
      ['exec', '-t', 'localhost', '--', 'true'],
    ],
    ['a configuration that is no YAML', 78, { 'opsctl.yaml': 'exec: [\n' }, {}, ['exec', '-t', 'localhost', '--', 'true']],
    ['an inventory that is not there', 78, {}, {}, ['hosts', '-i', 'nowhere.yaml', '-t', '@web']],
    [
      'a change with a step that nobody knows',
      78,
      { 'change.yaml': 'targets: localhost\nsteps:\n  - moonwalk: { to: the left }\n' },
      {},
      ['exec', 'change.yaml'],
    ],
    [
      'a locale that is not installed',
      0,
      {},
      { LANG: 'xx_YY.UTF-16', LC_ALL: 'xx_YY', TZ: 'Mars/Olympus' },
      ['exec', '-t', 'localhost', '--', '/bin/true'],
    ],
  ])('%s is told without a stack trace', async (_, code, files, env, args) => {
    await using directory = await tempDir()
    for (const [name, text] of Object.entries(files)) await writeFile(join(directory.path, name), text)
    const child = Bun.spawn([program, ...args], { cwd: directory.path, env, stdin: 'ignore', stdout: 'ignore', stderr: 'pipe' })
    const stderr = await new Response(child.stderr).text()
    expect({ code: await child.exited, stderr }).toEqual({ code, stderr: expect.not.stringMatching(/\n {4}at |E_BUG/) })
    if (code !== 0) expect(stderr).toContain('see: opsctl explain E_')
  })
})

describe.skipIf(process.env['OPSCTL_BIN'] === undefined || !needs('sshd'))('the program alone, on real hosts', () => {
  test('runs a command over ssh, with an inventory and without a home', async () => {
    await using fleet: Fleet = await startFleet({ hosts: 3 })
    const state = join(place.path, 'state')
    await mkdir(state, { recursive: true })
    const args = [
      'exec',
      '-i',
      fleet.inventoryFile,
      '-t',
      '@fleet',
      '--ssh-config',
      fleet.sshConfigFile,
      '--state-dir',
      state,
      '--collate',
    ]
    const end = await run([program, ...args, '--', 'echo', 'reached'])
    expect(end).toMatchObject({ code: 0, stdout: expect.stringContaining('reached') })
    expect(end.stderr).toContain('3 ok')
  }, 60_000)
})

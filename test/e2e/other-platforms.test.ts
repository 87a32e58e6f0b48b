import { expect, test } from 'bun:test'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { compile } from '../../scripts/release/compile.ts'
import { readPackaging, targetsOf } from '../../scripts/release/packaging.ts'
import { startFleet } from '../helpers/fleet.ts'
import { needs } from '../helpers/needs.ts'
import { opsctl } from '../helpers/opsctl.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const config = readPackaging()

/** Compiles the program of a target; its runtime comes from the npm registry when it is not kept from before. */
async function programOf(name: string, directory: string): Promise<string> {
  const outfile = join(directory, 'opsctl')
  for (const target of targetsOf(config, [name])) await compile({ config, target, outfile })
  return outfile
}

/** What a program has to show on a platform: that it starts, reads its command line, and runs something here and over ssh. */
async function shows(run: readonly string[]): Promise<void> {
  const [program = '', ...before] = run
  const end = (...args: string[]) =>
    opsctl([...before, ...args], { program, deadlineMs: 60_000, env: { BUN_OPTIONS: '--preload=/nonexistent.js' } })
  expect((await end('--version')).stdout).toMatch(/^opsctl \d/)
  expect((await end('exec', '--help')).stdout).toStartWith('opsctl exec [flags]')
  expect(await end('exec', '-t', 'localhost', '--no-prefix', '--', 'echo', 'it runs')).toMatchObject({
    code: 0,
    stdout: 'it runs\n',
  })
  expect(await end('exec', '-t', 'localhost', '--bogus')).toMatchObject({ code: 2 })
  if (!needs('sshd')) return
  await using fleet = await startFleet({ hosts: 2 })
  const hosts = ['-i', fleet.inventoryFile, '-t', '@fleet', '--ssh-config', fleet.sshConfigFile]
  const reached = await end('exec', ...hosts, '--collate', '--', 'echo', 'reached')
  expect(reached).toMatchObject({ code: 0, stdout: expect.stringContaining('reached') })
  expect(reached.stderr).toContain('2 ok')
}

test.skipIf(process.arch !== 'x64' || !needs('qemu-aarch64', 'arm64-libc'))(
  'runs on Linux arm64, emulated',
  async () => {
    await using directory = await tempDir()
    const program = await programOf('linux-arm64', directory.path)
    await shows(['qemu-aarch64-static', '-L', '/usr/aarch64-linux-gnu', program])
  },
  240_000,
)

/** What the C++ library of Debian needs beyond musl; that of Alpine, which users have, needs nothing of it. */
const glibcOnly = `#include <stddef.h>
#include <time.h>
#include <locale.h>
char __libc_single_threaded = 0;
int __cxa_thread_atexit_impl(void (*f)(void *), void *o, void *d) { return 0; }
size_t __strftime_l(char *s, size_t n, const char *f, const struct tm *t, locale_t l) { return strftime(s, n, f, t); }
unsigned arc4random(void) { return 4; }
int _dl_find_object(void *a, void *r) { return -1; }
int __cpu_indicator_init(void) { return 0; }
struct { unsigned a, b, c, d[1]; } __cpu_model;
`

test.skipIf(process.arch !== 'x64' || !needs('musl', 'gcc'))(
  'runs on the C library of Alpine',
  async () => {
    await using directory = await tempDir()
    const libraries = join(directory.path, 'lib')
    await mkdir(libraries)
    await writeFile(join(directory.path, 'shim.c'), glibcOnly)
    const link = (...args: string[]) => expect(Bun.spawnSync(args, { cwd: directory.path }).exitCode).toBe(0)
    link('gcc', '-shared', '-fPIC', '-nostdlib', '-o', 'lib/ld-linux-x86-64.so.2', 'shim.c')
    for (const name of ['libstdc++.so.6', 'libgcc_s.so.1']) link('cp', '-L', `/usr/lib/x86_64-linux-gnu/${name}`, 'lib/')
    const program = await programOf('linux-x64-musl', directory.path)
    await shows(['/lib/ld-musl-x86_64.so.1', '--library-path', libraries, program])
  },
  240_000,
)

const glibcOnlyArm64 = `
  .macro function name
  .globl \\name
  .type \\name, %function
\\name:
  .endm
  function __cxa_thread_atexit_impl
  function arc4random
  mov w0, wzr
  ret
  function _dl_find_object
  mov w0, #-1
  ret
  function __strftime_l
  b strftime_l
  function __getauxval
  b getauxval
  .data
  .globl __libc_single_threaded
  .type __libc_single_threaded, %object
  .size __libc_single_threaded, 1
__libc_single_threaded:
  .byte 0
`

// Fetched for nothing else: with `npm run soak`.
if (process.env['SOAK'] === '1')
  test.skipIf(process.arch !== 'x64' || !needs('qemu-aarch64', 'arm64-binutils', 'apt-get'))(
    'runs on the C library of Alpine on arm64, emulated',
    async () => {
      await using directory = await tempDir()
      const at = (name: string): string => join(directory.path, name)
      const run = (...argv: string[]) => {
        const { exitCode, stderr } = Bun.spawnSync(argv, { cwd: directory.path, stderr: 'pipe' })
        if (exitCode !== 0) throw new Error(`${argv.join(' ')}: ${stderr}`)
      }
      await debianPackages(directory.path, ['musl', 'libstdc++6', 'libgcc-s1'])
      await mkdir(at('root/lib'), { recursive: true })
      run('cp', '-L', at('lib/aarch64-linux-musl/libc.so'), at('root/lib/ld-musl-aarch64.so.1'))
      const libraries = ['usr/lib/aarch64-linux-gnu/libstdc++.so.6', 'lib/aarch64-linux-gnu/libgcc_s.so.1']
      run('cp', '-L', ...libraries.map(at), at('root/lib'))
      await writeFile(at('shim.s'), glibcOnlyArm64)
      run('aarch64-linux-gnu-as', '-o', at('shim.o'), at('shim.s'))
      run('aarch64-linux-gnu-ld', '-shared', '-o', at('root/lib/libshim.so'), at('shim.o'))
      const program = await programOf('linux-arm64-musl', directory.path)
      await shows(['qemu-aarch64-static', '-L', at('root'), '-E', 'LD_PRELOAD=libshim.so', program])
    },
    600_000,
  )

/** Unpacks packages of Debian for arm64, with apt's own checks but without touching what apt knows of this machine. */
async function debianPackages(directory: string, names: readonly string[]): Promise<void> {
  for (const name of ['apt/lists/partial', 'apt/archives/partial', 'debs'])
    await mkdir(join(directory, name), { recursive: true })
  const keys = '/usr/share/keyrings/debian-archive-keyring.gpg'
  await writeFile(join(directory, 'apt/status'), '')
  await writeFile(join(directory, 'apt/sources'), `deb [signed-by=${keys}] http://deb.debian.org/debian bookworm main\n`)
  const settings = [
    'APT::Architecture "arm64";',
    'APT::Architectures "arm64";',
    'APT::Sandbox::User "root";',
    `Dir::State "${directory}/apt"; Dir::State::status "${directory}/apt/status"; Dir::Cache "${directory}/apt";`,
    `Dir::Etc::sourcelist "${directory}/apt/sources"; Dir::Etc::sourceparts "-";`,
  ]
  await writeFile(join(directory, 'apt/conf'), `${settings.join('\n')}\n`)
  const line = 'apt-get -qq update && apt-get -qq download "$@" && for deb in *.deb; do dpkg-deb -x "$deb" ..; done'
  const env = { ...process.env, APT_CONFIG: join(directory, 'apt/conf') }
  const end = Bun.spawnSync(['sh', '-c', line, 'sh', ...names], { cwd: join(directory, 'debs'), env, stderr: 'pipe' })
  if (end.exitCode !== 0) throw new Error(`apt-get: ${end.stderr}`)
}

// The runtimes of macOS are fetched for nothing else: with `npm run soak`. `npm run release` makes the same checks.
if (process.env['SOAK'] === '1')
  test.each(['darwin-arm64', 'darwin-x64'])(
    'is a signed Mach-O for %s',
    async name => {
      await using directory = await tempDir()
      await programOf(name, directory.path)
    },
    240_000,
  )

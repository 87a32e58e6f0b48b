import { expect, test } from 'bun:test'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { compile } from '../../scripts/release/compile.ts'
import { readPackaging, targetsOf } from '../../scripts/release/packaging.ts'
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

/** What a program has to show on a platform: that it starts, reads its command line and runs something. */
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

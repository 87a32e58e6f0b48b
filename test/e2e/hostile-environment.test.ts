import { describe, expect, test } from 'bun:test'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { opsctl } from '../helpers/opsctl.ts'
import { tempDir } from '../helpers/temp-dir.ts'

/** A directory with code that would give itself away, and the variables that would run it, write beside it, or change the runtime. */
async function hostile(directory: string): Promise<Record<string, string>> {
  const code = join(directory, 'injected.js')
  await writeFile(code, "console.log('INJECTED'); console.error('INJECTED'); process.exit(99)\n")
  await writeFile(join(directory, '.env'), `BUN_OPTIONS=--preload=${code}\nOPSCTL_OUTPUT=json\n`)
  await writeFile(join(directory, 'bunfig.toml'), `preload = ["${code}"]\n`)
  await writeFile(join(directory, 'overrides'), "override 'return' 'INJECTED'\n")
  const written = (name: string): string => join(directory, `written-${name}`)
  return {
    BUN_OPTIONS: `--preload=${code}`,
    BUN_BE_BUN: '1',
    BUN_PRELOAD: code,
    BUN_INSPECT: 'ws://127.0.0.1:1/x?break=1',
    BUN_INSPECT_PRELOAD: code,
    BUN_INSPECT_CONNECT_TO: 'tcp://127.0.0.1:1',
    BUN_INSPECT_NOTIFY: 'tcp://127.0.0.1:1',
    BUN_JSC_dumpOptions: '2',
    BUN_JSC_useJIT: '0',
    BUN_JSC_functionOverrides: join(directory, 'overrides'),
    BUN_JSC_noSuchOption: '1',
    BUN_BYTECODE_ORDER_OUT: written('order'),
    BUN_BYTECODE_DIGEST_OUT: written('digest'),
    BUN_TRACE: written('trace'),
    BUN_RUNTIME_TRANSPILER_CACHE_PATH: written('cache'),
    BUN_GARBAGE_COLLECTOR_LEVEL: '2',
    BUN_CONFIG_VERBOSE_FETCH: 'curl',
    BUN_CRASH_REPORT_URL: 'http://127.0.0.1:1/',
    JSC_dumpOptions: '2',
    NODE_OPTIONS: `--require ${code} --import ${code}`,
    NODE_PATH: directory,
    NODE_COMPILE_CACHE: written('compile-cache'),
    NODE_REDIRECT_WARNINGS: written('warnings'),
    NODE_V8_COVERAGE: written('coverage'),
    NODE_TLS_REJECT_UNAUTHORIZED: '0',
    NODE_EXTRA_CA_CERTS: code,
    NODE_USE_SYSTEM_CA: '1',
    NODE_CHANNEL_FD: '1',
    NODE_UNIQUE_ID: '1',
    SSL_CERT_FILE: code,
    SSL_CERT_DIR: directory,
    OPENSSL_CONF: code,
  }
}

// The launcher of a checkout runs an unchanged runtime: this is a promise of the compiled program.
describe.skipIf(process.env['OPSCTL_BIN'] === undefined)('no variable of the caller changes opsctl', () => {
  test.each([
    ['--version', 'each alone'],
    ['exec --help', 'together'],
    ['exec -t localhost --no-prefix -- printf hello', 'together'],
  ])(
    'opsctl %s, with the hostile variables %s',
    async (line, how) => {
      await using directory = await tempDir()
      const variables = await hostile(directory.path)
      const run = (env: Record<string, string>) => opsctl(line.split(' '), { env, cwd: directory.path })
      const { code, stdout } = await run({})
      expect(code).toBe(0)
      const before = await readdir(directory.path)
      const alone = Object.entries(variables).map(([name, value]) => ({ [name]: value }))
      for (const env of how === 'together' ? [variables] : alone) {
        const end = await run(env)
        expect({ env, code: end.code, stdout: end.stdout }).toEqual({ env, code, stdout })
        expect(end.stderr).not.toContain('INJECTED')
      }
      expect(await readdir(directory.path)).toEqual(before)
    },
    120_000,
  )

  test('programs that it starts get the variables as they are', async () => {
    const { stdout } = await opsctl(['exec', '-t', 'localhost', '--no-prefix', '--', 'printenv', 'BUN_OPTIONS', 'NODE_OPTIONS'], {
      env: { BUN_OPTIONS: '--preload=mine.js', NODE_OPTIONS: '--max-old-space-size=4096' },
    })
    expect(stdout).toBe('--preload=mine.js\n--max-old-space-size=4096\n')
  }, 60_000)
})

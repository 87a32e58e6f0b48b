import { describe, expect, test } from 'bun:test'
import { readdir } from 'node:fs/promises'
import { hostileVariables } from '../helpers/hostile-variables.ts'
import { type OpsctlEnd, opsctl } from '../helpers/opsctl.ts'
import { tempDir } from '../helpers/temp-dir.ts'

/** Times and run names are those of a run. */
const outcome = ({ code, stdout, stderr }: OpsctlEnd) => ({ code, stdout, stderr: stderr.replace(/in .* \(run .*\)/, '') })

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
      const variables = await hostileVariables(directory.path)
      const run = (env: Record<string, string>) => opsctl(line.split(' '), { env, cwd: directory.path })
      const plain = outcome(await run({}))
      expect(plain.code).toBe(0)
      const before = await readdir(directory.path)
      const alone = Object.entries(variables).map(([name, value]) => ({ [name]: value }))
      for (const env of how === 'together' ? [variables] : alone) {
        expect({ env, ...outcome(await run(env)) }).toEqual({ env, ...plain })
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

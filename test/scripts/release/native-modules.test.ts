import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import * as nativeProcess from '../../../scripts/release/native/local-process.ts'
import * as nativeWriting from '../../../scripts/release/native/write-at-once.ts'
import { nativeModules } from '../../../scripts/release/native-modules.ts'
import { readPackaging, root } from '../../../scripts/release/packaging.ts'
import * as writing from '../../../src/lib/io/write-at-once.ts'
import * as localProcess from '../../../src/lib/transport/local-process.ts'

// What the compiler of types has to accept as well: each does for the other.
const pairs: readonly (readonly [source: typeof writing | typeof localProcess, native: typeof writing | typeof localProcess])[] =
  [
    [writing, nativeWriting satisfies typeof writing],
    [localProcess, nativeProcess satisfies typeof localProcess],
  ]

const config = readPackaging()

describe('the modules of the compiled program that are its runtime’s own', () => {
  test('have the names of those of the source, and these are all', () => {
    for (const [source, native] of pairs) expect(Object.keys(native).sort()).toEqual(Object.keys(source).sort())
    expect(Object.keys(config.compile.native)).toHaveLength(pairs.length)
  })

  test('run local commands as the source does', async () => {
    const preload = join(root, 'test/helpers/native-modules.ts')
    const child = Bun.spawn([process.execPath, 'test', `--preload=${preload}`, 'test/transport/local.test.ts'], {
      cwd: root,
      stdin: 'ignore',
      stdout: 'ignore',
      stderr: 'pipe',
    })
    const printed = await new Response(child.stderr).text()
    expect({ code: await child.exited, printed }).toEqual({ code: 0, printed: expect.stringMatching(/\b[1-9]\d* pass\n 0 fail/) })
  }, 120_000)

  test('fail the build where the source has no such module', async () => {
    const moved = { 'src/lib/io/moved.ts': 'scripts/release/native/write-at-once.ts' }
    const native = nativeModules({ ...config, compile: { ...config.compile, native: moved } })
    const entry = join(root, 'src/entry.ts')
    const made = await Bun.build({
      entrypoints: [entry],
      files: { [entry]: "import './lib/io/write-at-once.ts'" },
      target: 'bun',
      plugins: [native.plugin],
    })
    expect(made.success).toBe(true)
    expect(() => native.check()).toThrow(`no module of the program imports ${join(root, 'src/lib/io/moved.ts')}`)
  })
})

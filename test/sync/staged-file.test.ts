import { describe, expect, test } from 'bun:test'
import { readdir } from 'node:fs/promises'
import { hostNamed } from '../../src/lib/core/host.ts'
import type { Transport } from '../../src/lib/core/transport.ts'
import { systemClock } from '../../src/lib/io/system-clock.ts'
import stagedFile from '../../src/lib/sync/checks/staged-file.ts'
import { LocalTransport } from '../../src/lib/transport/local.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { demandPlainScript } from '../plan/step-host.ts'

async function judge(
  run: readonly string[],
  { of = 'web1', tmp = '/tmp' }: { readonly of?: string; readonly tmp?: string } = {},
) {
  const env = { PATH: process.env['PATH'] ?? '', TMPDIR: tmp }
  const host = new LocalTransport(hostNamed('web1', { via: 'local' }), { clock: systemClock, env })
  const file = { path: '/etc/nginx/it is.conf', contentBase64: Buffer.from('workers 4;\n').toString('base64'), run }
  const check = stagedFile.build({ files: [file], of: { [of]: [0] } })
  const transport: Transport = {
    host: host.host,
    put: (...args) => host.put(...args),
    get: (...args) => host.get(...args),
    [Symbol.asyncDispose]: () => host[Symbol.asyncDispose](),
    run(command, options) {
      // It goes through any login shell.
      demandPlainScript(command)
      return host.run(command, options)
    },
  }
  return await check.run({ transport, clock: systemClock, signal: new AbortController().signal })
}

describe('a staged file', () => {
  test('is judged under its own name, wherever {} stands, and is gone afterwards', async () => {
    await using directory = await tempDir()
    const words = [
      'sh',
      '-c',
      'grep -q "workers 4;" "$2" && test "$1" = "x=$2" && test "${2##*/}" = "it is.conf"',
      'sh',
      'x={}',
      '{}',
    ]
    expect(await judge(words, { tmp: directory.path })).toEqual({ verdict: 'pass', message: '/etc/nginx/it is.conf: valid' })
    expect(await readdir(directory.path)).toEqual([])
  })

  test('is where nobody else may look', async () => {
    const words = ['sh', '-c', 'test "$(stat -c %a "$1" "${1%/*}" | tr "\\n" " ")" = "600 700 "', 'sh', '{}']
    expect(await judge(words)).toMatchObject({ verdict: 'pass' })
  })

  test('that the command refuses fails with its words', async () => {
    expect(await judge(['sh', '-c', 'echo "unknown directive in $1" >&2; exit 3', 'sh', '{}'])).toEqual({
      verdict: 'fail',
      message: expect.stringMatching(/it is\.conf: sh refuses it \(status 3\): unknown directive in \/.*it is\.conf$/),
    })
  })

  test('passes where the host gets none', async () => {
    expect(await judge(['false', '{}'], { of: 'web2' })).toMatchObject({ verdict: 'pass' })
  })
})

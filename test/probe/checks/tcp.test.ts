import { describe, expect, test } from 'bun:test'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { hostNamed } from '../../../src/lib/core/host.ts'
import type { Json } from '../../../src/lib/core/json.ts'
import { ParamsError } from '../../../src/lib/core/params.ts'
import tcp from '../../../src/lib/probe/checks/tcp.ts'
import unix from '../../../src/lib/probe/checks/unix.ts'
import { startFleet } from '../../helpers/fleet.ts'
import { needs } from '../../helpers/needs.ts'
import { tempDir } from '../../helpers/temp-dir.ts'
import { fleetPool } from '../../transport/fleet-pool.ts'
import { actingServer } from '../acting-server.ts'
import { checkPlace } from '../check-place.ts'
import { endless, lookInTime, resetting, silent, slow } from '../hostile-servers.ts'

// Wants calm: looks may take 100 ms more than their deadline.

const at = ({ port }: { readonly port: number }): string => `tcp://127.0.0.1:${port}`

test('what is sent ends in CRLF, and a secret is read from where it stands and told nowhere', async () => {
  const traced: string[] = []
  const secrets = { PASSWORD: 'hunter2' }
  await using server = await actingServer([{ says: '+OK\r\n' }, { hears: /^PASS hunter2$/ }, { says: '+OK welcome\r\n' }])
  const script = [{ expect: '^\\+OK' }, { send: ['PASS ', { env: 'PASSWORD' }] }, { expect: '^\\+OK (?P<greeting>.*)' }]
  const check = tcp.build({ endpoint: at(server), script })
  expect(await check.run(checkPlace({ secrets, trace: line => traced.push(line) }))).toMatchObject({ verdict: 'pass' })
  expect(traced.filter(line => /^(send|heard)/.test(line))).toEqual([
    'heard    "+OK"',
    'send     PASS …',
    'heard    "+OK welcome"',
  ])
})

const wrong: readonly (readonly [string, Record<string, Json>, RegExp])[] = [
  ['no port', { endpoint: 'tcp://db1' }, /endpoint: has no port: write tcp:\/\/host:port/],
  ['a port that there is not', { endpoint: 'tcp://db1:70000' }, /endpoint: has a port that there is not/],
  ['a user', { endpoint: 'tcp://me@db1:5432' }, /endpoint: holds a user/],
  ['a path', { endpoint: 'tcp://db1:5432/x' }, /endpoint: .* is not of the form/],
  ['a broken expression', { script: [{ expect: '(' }] }, /script\.0\.expect: .* is no regular expression/],
  ['more than it may hold', { max_bytes: '5MiB' }, /max_bytes: can be 4MiB at most/],
  ['a step that does nothing', { script: [{}] }, /script\.0: does nothing/],
  ['a name without a group', { script: [{ expect: '(?P<a>.)', send: '${b}' }] }, /script\.0\.send: no `expect` .* group b/],
  ['a number without a group', { script: [{ expect: '(.)' }, { send: '${2}' }] }, /script\.1\.send: .* group 2/],
]
test.each(wrong)('refuses %s', (_, config, message) => {
  const build = () => tcp.build({ endpoint: 'tcp://db1:5432', ...config })
  expect(build).toThrow(ParamsError)
  expect(build).toThrow(message)
})

describe('a hostile server', () => {
  const expecting = { script: [{ expect: '^ready' }] }

  test('that is silent is given up at the deadline', async () => {
    await using server = await silent()
    const { result } = await lookInTime(tcp, { endpoint: at(server), ...expecting })
    expect(result).toMatchObject({ reason: 'timeout', message: 'nothing that fits ^ready came within 400 ms' })
    for (const more of [{ tls: true }, { starttls: 'smtp' }]) {
      const { result } = await lookInTime(tcp, { endpoint: at(server), ...more })
      expect(result).toMatchObject({ verdict: 'fail', reason: 'timeout' })
    }
  })

  test('that never ends its line, or its lines, says too much', async () => {
    for (const piece of ['x', 'not yet\n', '\0\xff']) {
      await using server = await endless(piece)
      const { result } = await lookInTime(tcp, { endpoint: at(server), ...expecting }, 5000)
      expect(result).toMatchObject({
        reason: 'too-large',
        message: 'the server says more than 65536 bytes before the script is done',
      })
    }
  })

  test('that says a very long line does not hold us up', async () => {
    await using server = await endless('x')
    const { result } = await lookInTime(tcp, { endpoint: at(server), ...expecting, max_bytes: '4MiB' }, 5000)
    expect(result).toMatchObject({ reason: 'too-large' })
  })

  test('that is slow is told with its last words', async () => {
    await using server = await slow('a\nb\nc'.padEnd(500, 'c'))
    const { result } = await lookInTime(tcp, { endpoint: at(server), ...expecting })
    expect(result).toMatchObject({
      reason: 'timeout',
      message: 'nothing that fits ^ready came within 400 ms: its last words are "b"',
    })
  })

  test('that resets the connection after any byte fails with a reason of its own', async () => {
    const words = Buffer.from('220 a\r\n221 b\r\n')
    for (let length = 0; length <= words.length; length++) {
      await using server = await resetting(words.subarray(0, length))
      const { result } = await lookInTime(tcp, { endpoint: at(server), script: [{ expect: '^220' }, { expect: '^222' }] }, 2000)
      expect(['reset', 'content']).toContain(result.reason ?? '')
    }
  })

  test('that answers TLS with something else is no TLS', async () => {
    await using server = await actingServer([{ says: 'HTTP/1.1 400 Bad Request\r\n\r\n' }])
    const { result } = await lookInTime(tcp, { endpoint: at(server), tls: true })
    expect(result).toMatchObject({ reason: 'tls' })
  })
})

test.skipIf(!needs('sshd', 'ssh-keygen'))(
  'is looked at from a host, as the host sees it',
  async () => {
    await using fleet = await startFleet()
    await using pool = fleetPool(fleet)
    const { signal } = new AbortController()
    const transport = await pool.connect(hostNamed('127.0.1.1'), { signal })
    const place = { ...checkPlace(), transport, from: 'host' as const }
    await using server = await actingServer([{ says: 'ready 7\n' }, { hears: /^QUIT$/ }])
    const script = [{ expect: '^ready (?P<number>.*)', send: 'QUIT' }]
    const assert = { type: 'assert', assert: [{ value: 'number', equals: '7' }] }
    const result = await tcp.build({ endpoint: at(server), script, dimensions: [assert] }).run(place)
    expect(result).toMatchObject({ verdict: 'pass', metrics: { connect_seconds: expect.any(Number) } })
    expect(await tcp.build({ endpoint: 'tcp://127.0.0.1:1' }).run(place)).toMatchObject({ verdict: 'fail', reason: 'refused' })
    expect(await unix.build({ endpoint: 'unix:///run/x.sock' }).run(place)).toMatchObject({
      verdict: 'unknown',
      reason: 'error',
      message: expect.stringMatching(/^a Unix socket of a host can not be reached .* socat or nc -U there$/),
    })
  },
  120_000,
)

describe('the check unix', () => {
  test('plays its script at a socket', async () => {
    await using dir = await tempDir()
    const path = join(dir.path, 'x.sock')
    const server = createServer(socket => void socket.once('data', data => socket.end(`you say ${data}`)))
    await new Promise<void>(resolve => server.listen(path, () => resolve()))
    const script = [{ send: 'PING' }, { expect: '^you say (?P<word>\\w+)$' }]
    const assert = { type: 'assert', assert: [{ value: 'word', equals: 'PING' }] }
    const check = unix.build({ endpoint: `unix://${path}`, script, dimensions: [{ type: 'reachability' }, assert] })
    expect(await check.run(checkPlace())).toMatchObject({ verdict: 'pass' })
    expect(await unix.build({ endpoint: `unix://${path}` }).run(checkPlace())).toMatchObject({
      verdict: 'pass',
      message: `answers at ${path}`,
    })
    server.close()
  })

  test('tells where there is none', async () => {
    await using dir = await tempDir()
    expect(await unix.build({ endpoint: `unix://${dir.path}/none.sock` }).run(checkPlace())).toMatchObject({
      verdict: 'fail',
      reason: 'missing',
      message: 'there is no such socket',
    })
    expect(() => unix.build({ endpoint: 'unix://run/x.sock' })).toThrow('is not of the form unix:///run/name.sock')
  })
})

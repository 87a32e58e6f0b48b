import { describe, expect, test } from 'bun:test'
import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { CheckPlace } from '../../../src/lib/core/check.ts'
import { hostNamed } from '../../../src/lib/core/host.ts'
import type { Json } from '../../../src/lib/core/json.ts'
import type { Command } from '../../../src/lib/core/transport.ts'
import { systemClock } from '../../../src/lib/io/system-clock.ts'
import icmp from '../../../src/lib/probe/checks/icmp.ts'
import { LocalTransport } from '../../../src/lib/transport/local.ts'
import { findProgram, needs } from '../../helpers/needs.ts'
import { makeNetns } from '../../helpers/netns.ts'
import { tempDir } from '../../helpers/temp-dir.ts'
import { checkPlace } from '../check-place.ts'

// Wants calm: looks may take 100 ms more than their deadline.

const long = 60_000

/** This machine, with the programs that are in PATH. */
const here = (path = process.env['PATH']): CheckPlace => ({
  ...checkPlace(),
  transport: new LocalTransport({ ...hostNamed('here'), via: 'local' }, { clock: systemClock, env: { PATH: path } }),
})

/** A place whose commands print what the test says, and a list of them. */
function saying(stdout: string, { stderr = '', code = 0 }: { readonly stderr?: string; readonly code?: number } = {}) {
  const ran: Command[] = []
  const place = checkPlace()
  const run: CheckPlace['transport']['run'] = async command => {
    ran.push(command)
    return { code, stdout: Buffer.from(`\0opsctl\0${stdout}`), stderr: Buffer.from(stderr), durationMs: 1 }
  }
  return { ran, place: { ...place, transport: { ...place.transport, run } } }
}

const look = (place: CheckPlace, config: Record<string, Json> = {}) =>
  icmp.build({ endpoint: 'icmp://127.0.0.1', ...config }).run(place)

const iputils = `PING db1 (192.0.2.7) 56(84) bytes of data.
64 bytes from 192.0.2.7: icmp_seq=1 ttl=61 time=10.2 ms
64 bytes from 192.0.2.7: icmp_seq=3 ttl=61 time=11.8 ms

--- db1 ping statistics ---
3 packets transmitted, 2 received, 33.3333% packet loss, time 403ms
rtt min/avg/max/mdev = 10.200/11.000/11.800/0.800 ms
`
const busybox = `PING db1 (192.0.2.7): 56 data bytes
64 bytes from 192.0.2.7: seq=0 ttl=61 time=10.200 ms

--- db1 ping statistics ---
3 packets transmitted, 1 packets received, 66% packet loss
round-trip min/avg/max = 10.200/10.200/10.200 ms
`
const version6 = `PING db1(db1.example.com (2001:db8::7)) 56 data bytes
64 bytes from db1.example.com (2001:db8::7): icmp_seq=1 ttl=60 time=1.10 ms

--- db1 ping statistics ---
1 packets transmitted, 1 received, 0% packet loss, time 0ms
rtt min/avg/max/mdev = 1.100/1.100/1.100/0.000 ms
`
const far = `PING db1 (192.0.2.7) 56(84) bytes of data.
From 198.51.100.1 icmp_seq=1 Time to live exceeded
From 198.51.100.1 icmp_seq=2 Time to live exceeded

--- db1 ping statistics ---
2 packets transmitted, 0 received, +2 errors, 100% packet loss, time 201ms
`
const large = `PING db1 (192.0.2.7) 1472(1500) bytes of data.
From 198.51.100.1 icmp_seq=1 Frag needed and DF set (mtu = 1400)

--- db1 ping statistics ---
1 packets transmitted, 0 received, +1 errors, 100% packet loss, time 0ms
`
const silent = `PING db1 (192.0.2.7) 56(84) bytes of data.

--- db1 ping statistics ---
3 packets transmitted, 0 received, 100% packet loss, time 403ms
`

const printed: readonly (readonly [what: string, stdout: string, stderr: string, result: object])[] = [
  ['some lost', iputils, '', { verdict: 'warn', reason: 'threshold', message: '1 of 3 packets lost' }],
  ['busybox, most lost', busybox, '', { verdict: 'fail', reason: 'threshold', message: '2 of 3 packets lost' }],
  ['IPv6 with names', version6, '', { verdict: 'pass', message: 'answers at 2001:db8::7' }],
  ['too far', far, '', { verdict: 'fail', reason: 'no-route', message: 'time to live exceeded, says 198.51.100.1' }],
  [
    'too large',
    large,
    '',
    { verdict: 'fail', reason: 'no-route', message: 'frag needed and df set (mtu = 1400), says 198.51.100.1' },
  ],
  ['silence', silent, '', { verdict: 'fail', reason: 'no-answer', message: 'none of 3 packets was answered' }],
  [
    'no such name',
    '',
    'ping: db1: Name or service not known\n',
    { verdict: 'fail', reason: 'dns', message: 'db1: Name or service not known' },
  ],
  ['no such name, busybox', '', "ping: bad address 'db1'\n", { verdict: 'fail', reason: 'dns' }],
  ['no way', '', 'ping: connect: Network is unreachable\n', { verdict: 'fail', reason: 'no-route' }],
  [
    'what it does not know',
    '',
    "ping: invalid argument: 'x'\n",
    { verdict: 'unknown', reason: 'error', message: "ping says: invalid argument: 'x'" },
  ],
  ['nothing', '', '', { verdict: 'unknown', reason: 'error', message: 'ping says nothing' }],
  ['a colour', '', 'ping: \u001b[31mNetwork is unreachable\n', { message: '?[31mNetwork is unreachable' }],
]

describe('the check icmp', () => {
  test.each(printed)('reads what ping prints: %s', async (_, stdout, stderr, result) => {
    expect(await look(saying(stdout, { stderr }).place)).toMatchObject(result)
  })

  test('gives the figures, and the average as the time of the look', async () => {
    const dimensions = [
      { type: 'packet_loss', warn_percent: 50 },
      { type: 'latency', threshold_ms: 10.9 },
    ]
    const result = await look(saying(iputils).place, { dimensions })
    expect(result).toMatchObject({ verdict: 'fail', reason: 'slow', message: '11 ms, more than 10.9 ms (wait 11)' })
    expect(result.metrics).toEqual({ wait_seconds: 0.011, total_seconds: 0.011 })
    expect(result.judgements?.[0]).toMatchObject({
      verdict: 'pass',
      metrics: { packets_sent: 3, packets_received: 2, loss_percent: expect.closeTo(33.33, 1), ttl: 61 },
    })
    expect(result.evidence).toContain('rtt_max_ms: 11.8\n')
  })

  test('hands the parameters over as arguments of the script', async () => {
    const { ran, place } = saying(iputils)
    await look(place, {
      count: 5,
      interval: '1s',
      wait: '2500ms',
      size: 1400,
      ttl: 3,
      dont_fragment: true,
      address_family: 'ipv4',
      source: '127.0.0.2',
    })
    const [command] = ran
    expect(command && 'argv' in command ? command.argv.slice(4) : []).toEqual([
      '127.0.0.1',
      '5',
      '1',
      '3',
      '1400',
      '4',
      '3',
      'do',
      '127.0.0.2',
    ])
  })

  test.each([
    'icmp://-f',
    'icmp://a b',
    'icmp://$(id)',
    'icmp://a;b',
    'icmp://[-f]',
    'icmp://[::1%-f]',
    'icmp://host:80',
    'icmp://',
    'icmp://host-',
  ])('%s is no endpoint', endpoint => {
    expect(() => icmp.build({ endpoint })).toThrow('is not of the form icmp://host')
  })

  test.skipIf(!needs('ping'))(
    'pings with the ping of iputils',
    async () => {
      const result = await look(here(), { count: 2, ttl: 1, size: 1400, dont_fragment: true })
      expect(result).toMatchObject({ verdict: 'pass', message: 'answers at 127.0.0.1' })
      expect(result.judgements?.[1]?.metrics).toMatchObject({ packets_sent: 2, packets_received: 2, loss_percent: 0 })
      expect(await look(here(), { endpoint: 'icmp://[::1]', count: 1 })).toMatchObject({ message: 'answers at ::1' })
      expect(await look(here(), { endpoint: 'icmp://nosuch.invalid', count: 1 })).toMatchObject({ reason: 'dns' })
    },
    long,
  )

  test.skipIf(!needs('busybox'))(
    'pings with the ping of busybox',
    async () => {
      await using dir = await tempDir()
      for (const name of ['ping', 'sh']) await symlink(findProgram('busybox') ?? '', join(dir.path, name))
      const result = await look(here(dir.path), { count: 2, ttl: 1, size: 1400 })
      expect(result).toMatchObject({ verdict: 'pass', message: 'answers at 127.0.0.1' })
      expect(result.judgements?.[1]?.metrics).toMatchObject({ packets_sent: 2, packets_received: 2 })
      expect(await look(here(dir.path), { dont_fragment: true })).toMatchObject({ verdict: 'unknown', reason: 'error' })
    },
    long,
  )

  test(
    'asks by TCP where there is no ping, and tells that it did',
    async () => {
      await using dir = await tempDir()
      await symlink(findProgram('sh') ?? '', join(dir.path, 'sh'))
      const result = await look(here(dir.path))
      expect(result.judgements).toMatchObject([
        { verdict: 'pass', message: expect.stringMatching(/^answers.*, by TCP port (443|80|7), since there is no ping$/) },
        { verdict: 'na', message: 'there was no ping' },
      ])
      const denied = saying('', { stderr: 'ping: socket: Operation not permitted\n', code: 2 }).place
      expect((await look(denied)).message).toMatch(/since ping is not permitted$/)
    },
    long,
  )

  test('does not know where neither ping nor TCP can tell', async () => {
    const place = { ...saying('', { code: 101 }).place, from: 'host' as const }
    const dial = (_: unknown, { signal }: { readonly signal: AbortSignal }) =>
      new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    const result = await look({ ...place, transport: { ...place.transport, dial } }, { timeout: '200ms' })
    expect(result).toMatchObject({ verdict: 'unknown', reason: 'error' })
    expect(result.message).toMatch(/^ports 443, 80 and 7 of TCP do not answer, and there is no ping: give the host one/)
  })

  test.skipIf(!needs('root', 'netns', 'ping'))(
    'tells a cable that was cut from one that is whole, and ends in time',
    async () => {
      await using netns = await makeNetns()
      const endpoint = `icmp://${netns.inside}`
      expect(await look(here(), { endpoint })).toMatchObject({ verdict: 'pass' })
      await netns.cut()
      expect(await look(here(), { endpoint })).toMatchObject({
        verdict: 'fail',
        reason: 'no-answer',
        message: 'none of 3 packets was answered',
      })
      const start = performance.now()
      expect(await look(here(), { endpoint, count: 50, timeout: '500ms' })).toMatchObject({
        verdict: 'fail',
        reason: 'no-answer',
      })
      expect(performance.now() - start).toBeLessThan(600)
    },
    long,
  )
})

import { describe, expect, test } from 'bun:test'
import { createSocket } from 'node:dgram'
import type { Json } from '../../../src/lib/core/json.ts'
import udp from '../../../src/lib/probe/checks/udp.ts'
import { freePort } from '../../helpers/free-port.ts'
import { checkPlace } from '../check-place.ts'

// Wants calm: looks may take 100 ms more than their deadline.

/** Answers each datagram with what the test says. */
async function udpServer(answers: (bytes: Buffer) => readonly Buffer[], host = '127.0.0.1') {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  const heard: Buffer[] = []
  socket.on('message', (bytes, { port, address }) => {
    heard.push(bytes)
    for (const answer of answers(bytes)) socket.send(answer, port, address)
  })
  await new Promise<void>(resolve => socket.bind(0, host, resolve))
  return { port: socket.address().port, heard, [Symbol.asyncDispose]: async () => void socket.close() }
}

const look = (port: number, config: Record<string, Json> = {}) =>
  udp.build({ endpoint: `udp://127.0.0.1:${port}`, timeout: '3s', ...config }).run(checkPlace())

const echo = (bytes: Buffer): readonly Buffer[] => [bytes]
const binary = Buffer.from('ffffffff49536f75726365', 'hex')

const cases: readonly (readonly [config: Record<string, Json>, verdict: string, reason: string | undefined, message: string])[] =
  [
    [{ send: 'PING\\r\\n' }, 'pass', undefined, 'answers at 127.0.0.1'],
    [{ send: 'PING\\r\\n', expect: '^PING' }, 'pass', undefined, 'answers at 127.0.0.1'],
    [{ send: 'PING\\r\\n', expect: '^PONG' }, 'fail', 'content', 'the answer "PING\\r\\n" does not match ^PONG'],
    [{ send: 'gr\u00fc\u00dfe', expect: 'gr\u00fc\u00dfe$' }, 'pass', undefined, 'answers at 127.0.0.1'],
    [{ send_hex: 'ff ff ff ff 49', expect: '^\\xff{4}I' }, 'pass', undefined, 'answers at 127.0.0.1'],
    [{ send: '\\xff\\xff\\0\\u{20ac}\\\\', expect_hex: 'ffff00 e282ac 5c' }, 'pass', undefined, 'answers at 127.0.0.1'],
    [
      { send_hex: binary.toString('hex'), expect_hex: '00' },
      'fail',
      'content',
      'the answer "ffffffff49536f75726365" does not hold 00',
    ],
    [{}, 'pass', undefined, 'answers at 127.0.0.1'],
    [{ send: 'id 7', dimensions: [{ type: 'body', contains: 'id 7' }] }, 'pass', undefined, '4 bytes, as they should be'],
    [
      { send: '{"up":1}', dimensions: [{ type: 'business', assert: [{ jsonpath: '$.up', equals: 1 }] }] },
      'pass',
      undefined,
      'the assertion holds',
    ],
  ]

describe('the check udp', () => {
  test.each(cases)('%j: %s', async (config, verdict, reason, message) => {
    await using server = await udpServer(echo)
    const result = await look(server.port, config)
    expect({ verdict: result.verdict, reason: result.reason, message: result.message }).toEqual({
      verdict,
      reason,
      message,
    } as never)
    expect(server.heard.length).toBe(1)
  })

  test.each([
    [{}, 'unknown', 'nothing came back within 200 ms, which may be as it should'],
    [{ expect: 'x' }, 'fail', 'nothing came back within 200 ms'],
    [{ expect_hex: '00' }, 'fail', 'nothing came back within 200 ms'],
    [{ answer: 'required' }, 'fail', 'nothing came back within 200 ms'],
  ] as const)('silence with %j is %s', async (config, verdict, message) => {
    await using server = await udpServer(() => [])
    const start = performance.now()
    expect(await look(server.port, { ...config, timeout: '200ms' })).toMatchObject({ verdict, reason: 'no-answer', message })
    expect(performance.now() - start).toBeLessThan(300)
  })

  test('a port where nobody listens refuses', async () => {
    expect(await look(await freePort())).toMatchObject({ verdict: 'fail', reason: 'refused', message: 'connection refused' })
  })

  test('an address to which there is no way is told, whatever the runtime says', async () => {
    expect(await udp.build({ endpoint: 'udp://255.255.255.255:9' }).run(checkPlace())).toMatchObject({
      verdict: 'fail',
      reason: 'no-route',
      message: 'there is no way to the address',
    })
  })

  test('takes the first of many answers, of any size', async () => {
    await using server = await udpServer(() => new Array<Buffer>(50).fill(Buffer.alloc(60_000, 'x')))
    expect(await look(server.port, { dimensions: [{ type: 'body', min_bytes: 60_000, max_bytes: 60_000 }] })).toMatchObject({
      verdict: 'pass',
    })
  })

  test('reaches an address of IPv6, and tells where a family has none', async () => {
    await using server = await udpServer(echo, '::1')
    expect(await udp.build({ endpoint: `udp://[::1]:${server.port}` }).run(checkPlace())).toMatchObject({
      message: 'answers at ::1',
    })
    expect(await look(server.port, { address_family: 'ipv6' })).toMatchObject({ verdict: 'fail', reason: 'no-route' })
  })

  test('can not be asked from a host', async () => {
    const place = checkPlace({ dial: () => Promise.reject(new Error('not asked')) })
    expect(await udp.build({ endpoint: 'udp://ntp1:123' }).run(place)).toMatchObject({ verdict: 'unknown', reason: 'error' })
  })

  test.each([
    [{ endpoint: 'udp://host' }, 'is not of the form udp://host:port'],
    [{ endpoint: 'udp://host:0' }, 'is at a port that there is not'],
    [{ send: 'a\\qb' }, 'holds a backslash that begins no escape'],
    [{ send_hex: 'f' }, 'is no hex'],
    [{ expect: '(' }, 'is no regular expression'],
  ])('%j is refused', (config, message) => {
    expect(() => udp.build({ endpoint: 'udp://host:1', ...config })).toThrow(message)
  })
})

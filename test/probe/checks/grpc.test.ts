import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { hostNamed } from '../../../src/lib/core/host.ts'
import type { Json } from '../../../src/lib/core/json.ts'
import { healthAnswer, healthRequest } from '../../../src/lib/net/grpc/health.ts'
import { framed, unframed } from '../../../src/lib/net/grpc/message.ts'
import { grpcMessage, grpcTimeout } from '../../../src/lib/net/grpc/status.ts'
import { NetError } from '../../../src/lib/net/net-error.ts'
import grpc from '../../../src/lib/probe/checks/grpc.ts'
import { startFleet } from '../../helpers/fleet.ts'
import { needs } from '../../helpers/needs.ts'
import { fleetPool } from '../../transport/fleet-pool.ts'
import { checkPlace } from '../check-place.ts'
import { framedReply, type GrpcReply, grpcServer, healthReplies } from '../grpc-server.ts'
import { answering, endless, lookInTime, resetting, silent, slow } from '../hostile-servers.ts'

// Wants calm: looks may take 100 ms more than their deadline.

const at = ({ port }: { readonly port: number }, service = ''): string => `grpc://127.0.0.1:${port}/${service}`
const ok = { 'grpc-status': '0' }

test('asks as the protocol has it, and tells the server how long it waits', async () => {
  await using server = await grpcServer(healthReplies({ 'shop.Orders': 1 }))
  const check = grpc.build({ endpoint: at(server, 'shop.Orders'), timeout: '2s' })
  expect(await check.run(checkPlace())).toMatchObject({ verdict: 'pass', message: 'SERVING' })
  expect(server.calls).toHaveLength(1)
  const { headers, path, message } = server.calls[0] ?? { headers: {}, path: '', message: Buffer.alloc(0) }
  expect(path).toBe('/grpc.health.v1.Health/Check')
  expect(headers).toMatchObject({ ':method': 'POST', ':scheme': 'http', te: 'trailers', 'content-type': 'application/grpc' })
  expect(headers['grpc-timeout']).toMatch(/^(1\d{3}|2000)m$/)
  expect(message.toString('latin1')).toBe('\0\0\0\0\x0d\x0a\x0bshop.Orders')
})

const replies: readonly (readonly [string, GrpcReply, Json, object])[] = [
  ['of a service that is down', { body: framedReply([8, 2]), trailers: ok }, {}, { verdict: 'fail', reason: 'not-serving' }],
  [
    'of one that may be down',
    { body: framedReply([8, 2]), trailers: ok },
    { expect: ['SERVING', 'NOT_SERVING'] },
    { verdict: 'pass' },
  ],
  ['without a number, which is UNKNOWN', { body: framedReply([]), trailers: ok }, { expect: 'UNKNOWN' }, { verdict: 'pass' }],
  ['of a number that is new', { body: framedReply([8, 9]), trailers: ok }, {}, { message: '9, not SERVING' }],
  [
    'that time ran out',
    { trailers: { 'grpc-status': '4', 'grpc-message': 'zu sp%C3%A4t' } },
    {},
    { reason: 'timeout', message: 'the server ran out of time (DEADLINE_EXCEEDED: zu spät)' },
  ],
  [
    'that we may not',
    { trailers: { 'grpc-status': '16' } },
    {},
    { reason: 'status', message: expect.stringContaining('UNAUTHENTICATED') },
  ],
  ['without a status', { body: framedReply([8, 1]) }, {}, { reason: 'protocol', message: /without a status/ }],
  ['without a message', { body: Buffer.alloc(0), trailers: ok }, {}, { reason: 'protocol', message: /cut off/ }],
  [
    'cut off',
    { body: Buffer.from([0, 0, 0, 0, 9, 8, 1]), trailers: ok },
    {},
    { reason: 'protocol', message: /of 9 bytes, and 2/ },
  ],
  ['of 4 GiB, as it says', { body: Buffer.from([0, 255, 255, 255, 255]), trailers: ok }, {}, { reason: 'protocol' }],
  ['that is compressed', { body: Buffer.from([1, 0, 0, 0, 0]), trailers: ok }, {}, { reason: 'protocol', message: /compressed/ }],
  ['that is no message', { body: framedReply([0x0f, 0xff]), trailers: ok }, {}, { reason: 'protocol', message: /no answer/ }],
  [
    'of a web server',
    { headers: { 'content-type': 'text/html' }, body: Buffer.from('hi') },
    {},
    { reason: 'protocol', message: /text\/html/ },
  ],
  ['that is not found', { headers: { ':status': 404 } }, {}, { reason: 'status', message: /HTTP status 404/ }],
  ['that never ends', { body: Buffer.alloc(1_000_000), trailers: ok }, {}, { reason: 'too-large' }],
]
test.each(replies)('judges an answer %s', async (_, reply, wish, expected) => {
  await using server = await grpcServer(() => reply)
  const dimensions = [{ type: 'grpc_status', ...(wish as object) }]
  const { message, ...rest } = expected as { readonly message?: unknown }
  const result = await grpc.build({ endpoint: at(server), dimensions }).run(checkPlace())
  expect(result).toMatchObject(rest)
  if (message instanceof RegExp) expect(result.message).toMatch(message)
  else if (message !== undefined) expect(result).toMatchObject({ message })
})

test.each([
  [{ endpoint: 'grpc://a:1', metadata: { 'grpc-timeout': '1S' } }, /opsctl says this itself/],
  [{ endpoint: 'grpc://a:1', metadata: { Token: 'x' } }, /in lower case/],
  [{ endpoint: 'grpc://a:1', metadata: { token: 'x\ny' } }, /line break/],
  [{ endpoint: 'https://a:1' }, /is not of the form grpc:\/\/host/],
])('refuses %j', (config, message) => {
  expect(() => grpc.build(config)).toThrow(message)
})

describe('a hostile server', () => {
  test('is given up in time, whatever it does', async () => {
    await using mute = await silent()
    expect((await lookInTime(grpc, { endpoint: at(mute) })).result).toMatchObject({ reason: 'timeout' })
    await using unanswering = await grpcServer(() => undefined)
    expect((await lookInTime(grpc, { endpoint: at(unanswering) })).result).toMatchObject({ reason: 'timeout' })
    await using dripping = await slow(Buffer.alloc(200, 0))
    expect((await lookInTime(grpc, { endpoint: at(dripping) })).result).toMatchObject({ verdict: 'fail' })
    await using flooding = await endless('x')
    expect((await lookInTime(grpc, { endpoint: at(flooding) })).result).toMatchObject({ reason: 'protocol' })
    // SETTINGS, and then pings without end.
    await using pinging = await endless(
      Buffer.from('0000080600000000000000000000000000', 'hex'),
      Buffer.from('000000040000000000', 'hex'),
    )
    expect((await lookInTime(grpc, { endpoint: at(pinging) })).result).toMatchObject({ verdict: 'fail' })
    await using web = await answering('HTTP/1.1 400 Bad Request\r\n\r\n')
    const { result } = await lookInTime(grpc, { endpoint: at(web) })
    expect(result).toMatchObject({ reason: 'protocol', message: 'what the server says is not HTTP/2' })
  }, 60_000)

  test('that resets the connection at any byte is told as such', async () => {
    const settings = Buffer.from('000000040000000000', 'hex')
    for (let length = 0; length <= settings.length; length++) {
      await using server = await resetting(settings.subarray(0, length), { hears: true })
      expect((await lookInTime(grpc, { endpoint: at(server) }, 2000)).result).toMatchObject({ reason: 'reset' })
    }
  })
})

test.skipIf(!needs('sshd', 'ssh-keygen'))(
  'is asked from a host',
  async () => {
    await using fleet = await startFleet()
    await using pool = fleetPool(fleet)
    const transport = await pool.connect(hostNamed('127.0.1.1'), { signal: new AbortController().signal })
    await using server = await grpcServer(healthReplies({ '': 1 }))
    const place = { ...checkPlace(), transport, from: 'host' as const }
    expect(await grpc.build({ endpoint: at(server) }).run(place)).toMatchObject({ verdict: 'pass', message: 'SERVING' })
  },
  120_000,
)

describe('for any bytes', () => {
  const bytes = fc.uint8Array({ maxLength: 64 }).map(array => Buffer.from(array))
  const or = <T>(read: () => T): T | 'refused' => {
    try {
      return read()
    } catch (error) {
      expect(error).toBeInstanceOf(NetError)
      return 'refused'
    }
  }

  test('a message is read or refused', () => {
    fc.assert(fc.property(bytes, body => void or(() => healthAnswer(unframed(body)))))
    fc.assert(fc.property(bytes, message => void or(() => healthAnswer(message))))
    fc.assert(fc.property(bytes, message => expect(unframed(framed(message)).equals(message)).toBe(true)))
  })

  test('fields that we do not know are passed over', () => {
    const unknown = fc.constantFrom([0x10, 0x96, 0x01], [0x1a, 2, 0xff, 0xff], [0x21, 1, 2, 3, 4, 5, 6, 7, 8], [0x2d, 1, 2, 3, 4])
    const fields = fc.array(unknown).map(each => each.flat())
    fc.assert(
      fc.property(fields, fields, (before, after) => {
        expect(healthAnswer(Buffer.from([...before, 8, 1, ...after]))).toBe('SERVING')
      }),
    )
  })

  test('a service of any length is asked for', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), name => {
        const request = healthRequest(name)
        expect(request.length === 0 ? '' : request.subarray(Buffer.byteLength(name) > 127 ? 3 : 2).toString()).toBe(
          Buffer.from(name).toString(),
        )
      }),
    )
  })

  test('words and times are of their forms', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, min: -10, max: 1e15 }), ms => void expect(grpcTimeout(ms)).toMatch(/^\d{1,8}[mS]$/)),
    )
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), text => {
        const encoded = [...Buffer.from(text)].map(byte => `%${byte.toString(16).padStart(2, '0')}`).join('')
        expect(grpcMessage(encoded)).toBe(Buffer.from(text).toString())
      }),
    )
  })
})

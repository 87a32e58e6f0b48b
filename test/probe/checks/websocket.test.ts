import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { hostNamed } from '../../../src/lib/core/host.ts'
import type { Json } from '../../../src/lib/core/json.ts'
import websocket from '../../../src/lib/probe/checks/websocket.ts'
import type { Observation } from '../../../src/lib/probe/observation.ts'
import { TestAuthority } from '../../helpers/certificates.ts'
import { startFleet } from '../../helpers/fleet.ts'
import { needs } from '../../helpers/needs.ts'
import { tempDir } from '../../helpers/temp-dir.ts'
import { fleetPool } from '../../transport/fleet-pool.ts'
import { checkPlace } from '../check-place.ts'
import { endless, lookInTime, resetting, silent, slow } from '../hostile-servers.ts'
import { frameOf, handshaking, switching } from '../websocket-server.ts'

// Wants calm: looks may take 100 ms more than their deadline.

interface Look {
  readonly config?: Record<string, Json>
  readonly secrets?: Record<string, string>
}

async function look(endpoint: string, { config = {}, secrets = {} }: Look = {}) {
  let observation: Observation | undefined
  const place = { ...checkPlace({ secrets }), observed: (seen: object) => (observation = seen as Observation) }
  const result = await websocket.build({ endpoint, timeout: '3s', ...config }).run(place)
  return { result, observation }
}

const at = ({ port }: { readonly port: number }): string => `ws://127.0.0.1:${port}/`

/** Greets as the server of blackbox_exporter's tests does, or echoes at /echo. */
function bunServer(tls?: { readonly cert: string; readonly key: string }) {
  const heard: string[] = []
  const closes: number[] = []
  const pongs: string[] = []
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    ...(tls && { tls }),
    fetch(request, own) {
      const { pathname } = new URL(request.url)
      if (pathname === '/none') return new Response('no', { status: 404 })
      if (pathname === '/private' && request.headers.get('authorization') !== 'Bearer mysecret')
        return new Response('', { status: 401 })
      const protocol = request.headers.get('sec-websocket-protocol')?.split(', ').at(-1)
      const headers = protocol ? { 'sec-websocket-protocol': protocol } : {}
      return own.upgrade(request, { headers, data: { pathname } }) ? undefined : new Response('', { status: 400 })
    },
    websocket: {
      data: {} as { pathname: string },
      open(socket) {
        if (socket.data.pathname === '/greeting') socket.send('incoming_test')
        if (socket.data.pathname === '/ping') socket.ping('are you there?')
      },
      message(socket, message) {
        heard.push(String(message))
        socket.send(socket.data.pathname === '/greeting' ? 'passed' : message)
      },
      pong: (_, data) => void pongs.push(data.toString()),
      close: (_, code) => void closes.push(code),
    },
  })
  return {
    port: server.port ?? 0,
    heard,
    closes,
    pongs,
    [Symbol.asyncDispose]: () => server.stop(true),
  }
}

const greeting = { expect: 'incoming_(?P<what>.+)', send: 'outgoing_${1}' }

describe('a real server', () => {
  test('is heard and answered, and closed in peace', async () => {
    await using server = bunServer()
    const { result, observation } = await look(`${at(server)}greeting`, { config: { script: [greeting, { expect: '^passed' }] } })
    expect(result).toMatchObject({ verdict: 'pass' })
    expect(observation).toMatchObject({ http: { status: 101 }, seen: { what: 'test', close_code: 1000 } })
    expect(Object.keys(observation?.phases ?? {})).toEqual(['connect', 'wait', 'transfer'])
    expect(server.heard).toEqual(['outgoing_test'])
    expect(server.closes).toEqual([1000])
  })

  test('that says something else is told with its words', async () => {
    await using server = bunServer()
    const { result } = await look(`${at(server)}greeting`, {
      config: { timeout: '300ms', script: [greeting, { expect: '^other' }] },
    })
    expect(result).toMatchObject({
      verdict: 'fail',
      reason: 'timeout',
      message: 'nothing that fits ^other came within 300 ms: its last words are "passed"',
    })
  })

  test.each([1, 125, 126, 65_535, 65_536, 200_000])('echoes a message of %i bytes', async length => {
    await using server = bunServer()
    const script = [{ send: 'é'.repeat(length / 2).padEnd(length - Math.floor(length / 2), 'x') }, { expect: '(?s)^(é|x)*$' }]
    const { result, observation } = await look(`${at(server)}echo`, { config: { script, max_bytes: '1MiB' } })
    expect(result).toMatchObject({ verdict: 'pass' })
    expect(observation?.body?.bytes.length).toBe(length + 1)
  })

  test('is asked for a ping, and its own is answered', async () => {
    await using server = bunServer()
    const { result } = await look(`${at(server)}ping`, { config: { ping: true } })
    expect(result).toMatchObject({ verdict: 'pass' })
    expect(server.pongs).toEqual(['are you there?'])
  })

  test('takes a subprotocol and headers with secrets', async () => {
    await using server = bunServer()
    const config = { subprotocols: ['v2.shop', 'v1.shop'], headers: { Authorization: { env: 'TOKEN' } } }
    const { result, observation } = await look(`${at(server)}private`, { config, secrets: { TOKEN: 'Bearer mysecret' } })
    expect(result).toMatchObject({ verdict: 'pass' })
    expect(observation?.seen).toMatchObject({ subprotocol: 'v1.shop' })
    await using mute = await handshaking(switching())
    expect((await look(at(mute), { config: { subprotocols: ['v1.shop'] } })).result).toMatchObject({
      reason: 'protocol',
      message: 'the server takes none of v1.shop',
    })
  })

  test.each([
    ['private', 401],
    ['none', 404],
  ])('that does not go over at /%s is told with its status', async (path, status) => {
    await using server = bunServer()
    const { result, observation } = await look(`${at(server)}${path}`)
    expect(result).toMatchObject({ reason: 'status', message: `the server does not go over to WebSocket: status ${status}` })
    expect(observation?.http?.status).toBe(status)
  })

  test.skipIf(!needs('sshd', 'ssh-keygen'))(
    'is looked at from a host',
    async () => {
      await using fleet = await startFleet()
      await using pool = fleetPool(fleet)
      const transport = await pool.connect(hostNamed('127.0.1.1'), { signal: new AbortController().signal })
      await using server = bunServer()
      const check = websocket.build({ endpoint: `${at(server)}greeting`, script: [greeting, { expect: '^passed' }] })
      expect(await check.run({ ...checkPlace(), transport, from: 'host' })).toMatchObject({ verdict: 'pass' })
    },
    120_000,
  )
})

describe.skipIf(!needs('openssl'))('over TLS', () => {
  let tls: { readonly cert: string; readonly key: string }
  let ca: string
  let dir: Awaited<ReturnType<typeof tempDir>>
  beforeAll(async () => {
    dir = await tempDir()
    const authority = await TestAuthority.root(dir.path, { name: 'shop root', key: 'ec:P-256' })
    const issued = await authority.issue({ name: 'localhost', names: ['DNS:localhost'], key: 'ec:P-256' })
    tls = { cert: await Bun.file(issued.cert).text(), key: await Bun.file(issued.key).text() }
    ca = authority.cert
  }, 120_000)
  afterAll(() => dir[Symbol.asyncDispose]())

  test('the certificate counts, unless it is no matter', async () => {
    await using server = bunServer(tls)
    const script = [greeting, { expect: '^passed' }]
    const endpoint = `wss://localhost:${server.port}/greeting`
    const good = await look(endpoint, { config: { ca, script } })
    expect(good.result.judgements).toMatchObject([{ verdict: 'pass' }, { verdict: 'pass' }, { dimension: 'cert_expiry' }])
    expect((await look(endpoint, { config: { script } })).result.judgements?.[0]).toMatchObject({ verdict: 'fail' })
    expect((await look(endpoint, { config: { script, insecure: true } })).result.judgements?.[0]).toMatchObject({
      verdict: 'pass',
    })
  }, 60_000)
})

const wrongHandshakes: readonly (readonly [string, (key: string) => string, string, RegExp])[] = [
  ['a wrong proof', key => switching()(`${key}x`), 'protocol', /wrong Sec-WebSocket-Accept/],
  ['two proofs', switching('Sec-WebSocket-Accept: again'), 'protocol', /wrong Sec-WebSocket-Accept/],
  ['an extension', switching('Sec-WebSocket-Extensions: permessage-deflate'), 'protocol', /an extension that was not offered/],
  ['a subprotocol', switching('Sec-WebSocket-Protocol: chat'), 'protocol', /the subprotocol "chat", which was not offered/],
  ['another protocol', key => switching()(key).replace('websocket', 'h2c'), 'protocol', /something else than WebSocket/],
  ['half a switch', key => switching()(key).replace('Connection: Upgrade', 'Connection: close'), 'protocol', /does not say/],
  ['no HTTP', () => 'SSH-2.0-x\r\n', 'protocol', /not HTTP/],
  ['a redirect', () => 'HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n', 'status', /status 302/],
]
test.each(wrongHandshakes)('a handshake with %s is refused', async (_, answer, reason, message) => {
  await using server = await handshaking(answer)
  const { result } = await lookInTime(websocket, { endpoint: at(server) })
  expect(result).toMatchObject({ verdict: 'fail', reason })
  expect(result.message).toMatch(message)
})

const text = (payload: string): Buffer => frameOf(0x81, payload)
const heard: readonly (readonly [string, Buffer])[] = [
  [
    'in pieces, with a ping between them',
    Buffer.concat([frameOf(0x01, 'rea'), frameOf(0x89, 'hi'), frameOf(0x00, ''), frameOf(0x80, 'dy')]),
  ],
  ['after bytes, which are passed over', Buffer.concat([frameOf(0x82, Buffer.from([0, 255])), text('ready')])],
  [
    'with a letter that is cut',
    Buffer.concat([
      frameOf(0x01, Buffer.from([0x72, 0xc3])),
      frameOf(0x80, Buffer.concat([Buffer.from([0xa9]), Buffer.from(' ready')])),
    ]),
  ],
  ['before it closes', Buffer.concat([text('ready'), frameOf(0x88, Buffer.from([0x03, 0xe9]))])],
]
test.each(heard)('a text is heard %s', async (_, bytes) => {
  const heardInPieces = async (piece: number): Promise<void> => {
    await using server = await handshaking(switching(), socket => {
      for (let from = 0; from < bytes.length; from += piece) socket.write(bytes.subarray(from, from + piece))
    })
    const { result } = await look(at(server), { config: { script: [{ expect: 'ready$' }] } })
    expect(result).toMatchObject({ verdict: 'pass' })
  }
  // At the same time: each waits a second for the goodbye of the server.
  await Promise.all([1, 3, bytes.length].map(heardInPieces))
})

const wrongFrames: readonly (readonly [string, Uint8Array, string, RegExp])[] = [
  ['that is masked', Buffer.from([0x81, 0x81, 1, 2, 3, 4, 5]), 'protocol', /masked/],
  ['with an extension', frameOf(0xc1, 'x'), 'protocol', /an extension/],
  ['of an unknown kind', frameOf(0x83, 'x'), 'protocol', /unknown kind 3/],
  ['that goes on with nothing', frameOf(0x80, 'x'), 'protocol', /never began/],
  [
    'in the middle of another',
    Buffer.concat([frameOf(0x01, 'x'), frameOf(0x81, 'y')]),
    'protocol',
    /before the last one is complete/,
  ],
  ['of control that is cut', frameOf(0x09, 'x'), 'protocol', /control frame/],
  ['of control that is too long', frameOf(0x89, 'x'.repeat(126)), 'protocol', /control frame/],
  ['of a long length that is short', Buffer.from([0x81, 126, 0, 1, 0x78]), 'protocol', /longer way/],
  ['of 2^63 bytes', Buffer.from([0x81, 127, 0x7f, 255, 255, 255, 255, 255, 255, 255]), 'too-large', /more than 65536/],
  ['of 64 KiB and one', Buffer.from([0x81, 127, 0, 0, 0, 0, 0, 1, 0, 1]), 'too-large', /of 65537 bytes/],
  ['that is no UTF-8', frameOf(0x81, Buffer.from([0xc3, 0x28])), 'protocol', /UTF-8/],
  ['that closes with half a code', frameOf(0x88, 'x'), 'protocol', /half a code/],
  ['that closes with a code that there is not', frameOf(0x88, Buffer.from([3, 0xed])), 'protocol', /1005/],
  ['that closes', frameOf(0x88, ''), 'reset', /without a word/],
]
test.each(wrongFrames)('a frame %s is refused', async (_, bytes, reason, message) => {
  await using server = await handshaking(switching(), socket => void socket.write(bytes))
  const { result } = await lookInTime(websocket, { endpoint: at(server), script: [{ expect: 'ready' }] })
  expect(result).toMatchObject({ verdict: 'fail', reason })
  expect(result.message).toMatch(message)
})

describe('a hostile server', () => {
  const expecting = { script: [{ expect: 'ready' }] }

  test('is given up in time, whatever it does before the handshake', async () => {
    await using mute = await silent()
    expect((await lookInTime(websocket, { endpoint: at(mute) })).result).toMatchObject({ reason: 'timeout' })
    await using dripping = await slow('HTTP/1.1 101 Switching Protocols\r\n'.padEnd(300, 'x'))
    expect((await lookInTime(websocket, { endpoint: at(dripping) })).result).toMatchObject({ reason: 'timeout' })
    await using flooding = await endless('x: y\r\n', 'HTTP/1.1 101 Switching Protocols\r\n')
    expect((await lookInTime(websocket, { endpoint: at(flooding) }, 2000)).result).toMatchObject({ reason: 'protocol' })
  })

  test('is given up in time, whatever it does after it', async () => {
    await using mute = await handshaking(switching())
    expect((await lookInTime(websocket, { endpoint: at(mute), ...expecting })).result).toMatchObject({ reason: 'timeout' })
    expect((await lookInTime(websocket, { endpoint: at(mute), ping: true })).result).toMatchObject({ reason: 'timeout' })
    for (const frame of [text('no'), frameOf(0x89, 'ping'), frameOf(0x8a, ''), frameOf(0x02, 'x')]) {
      await using flooding = await handshaking(switching(), socket => {
        const chunk = Buffer.concat(Array.from({ length: 10_000 }, () => frame))
        const more = (): void => {
          while (!socket.destroyed && socket.write(chunk));
        }
        socket.on('drain', more)
        more()
      })
      const { result } = await lookInTime(websocket, { endpoint: at(flooding), ...expecting }, 2000)
      expect(['too-large', 'protocol']).toContain(result.reason ?? '')
    }
  }, 60_000)

  test('that sends as large a frame as there may be holds no more than that', async () => {
    await using server = await handshaking(switching(), socket => {
      const chunk = Buffer.alloc(65_536, 'x')
      const more = (): void => {
        while (!socket.destroyed && socket.write(chunk));
      }
      socket.on('drain', more)
      socket.write(Buffer.from([0x81, 127, 0, 0, 0, 0, 0, 0x3f, 0xff, 0x00]))
      more()
    })
    const { result } = await lookInTime(websocket, { endpoint: at(server), ...expecting, max_bytes: '4MiB' }, 5000)
    expect(['too-large', 'protocol']).toContain(result.reason ?? '')
  })

  test('that does not close is not waited for beyond the deadline', async () => {
    await using server = await handshaking(switching())
    expect((await lookInTime(websocket, { endpoint: at(server) })).result).toMatchObject({ verdict: 'pass' })
  })

  test('that resets the connection at any byte fails with a reason of its own', async () => {
    await using closed = await resetting(Buffer.alloc(0))
    expect((await lookInTime(websocket, { endpoint: at(closed) })).result).toMatchObject({ reason: 'reset' })
    const frames = Buffer.concat([text('no'), text('not yet')])
    for (let length = 0; length <= frames.length; length++) {
      await using server = await handshaking(switching(), socket => {
        socket.write(frames.subarray(0, length), () => socket.resetAndDestroy())
      })
      const { result } = await lookInTime(websocket, { endpoint: at(server), ...expecting }, 2000)
      expect(['reset', 'content']).toContain(result.reason ?? '')
    }
  }, 60_000)
})

test('refuses what is no address, and headers that belong to the handshake', () => {
  expect(() => websocket.build({ endpoint: 'http://shop.test/' })).toThrow(/is no address of WebSocket: write wss:/)
  expect(() => websocket.build({ endpoint: 'ws://me:pw@shop.test/' })).toThrow(/holds credentials: put them under headers/)
  expect(() => websocket.build({ endpoint: 'ws://a/', headers: { 'Sec-WebSocket-Key': 'x' } })).toThrow(
    /opsctl says this header itself/,
  )
  expect(() => websocket.build({ endpoint: 'ws://a/', script: [{ starttls: true }] })).toThrow(/starttls/)
})

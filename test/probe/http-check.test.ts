import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createSecureServer, type ServerHttp2Stream } from 'node:http2'
import { type AddressInfo, connect, createServer } from 'node:net'
import type { Json } from '../../src/lib/core/json.ts'
import { TransportError } from '../../src/lib/core/transport.ts'
import http from '../../src/lib/probe/checks/http.ts'
import { SharedThings } from '../../src/lib/run/shared-things.ts'
import { type Issued, TestAuthority } from '../helpers/certificates.ts'
import { needs } from '../helpers/needs.ts'
import { type TempDir, tempDir } from '../helpers/temp-dir.ts'
import { NoSocket, tcpServer } from '../helpers/tls-server.ts'
import { answering } from '../net/http/scripted-server.ts'
import { checkPlace } from './check-place.ts'
import { type WebTls, webServer } from './web-server.ts'

type Config = Readonly<Record<string, Json>>

const look = (port: number, config: Config = {}, place = checkPlace()) =>
  http.build({ endpoint: `http://127.0.0.1:${port}/`, ...config }).run(place)

describe('a redirect', () => {
  const secrets = { TOKEN: 'open-sesame' }
  const withSecrets: Config = {
    auth: { bearer: { env: 'TOKEN' } },
    headers: { 'x-api-key': { env: 'TOKEN' }, 'x-region': 'eu', cookie: 'own=1' },
    cookies: { session: { env: 'TOKEN' } },
  }

  test('to another origin hands over neither credentials nor secrets', async () => {
    await using elsewhere = await webServer({})
    await using server = await webServer({ status: 302, headers: { location: `http://127.0.0.1:${elsewhere.port}/landing` } })
    expect(await look(server.port, withSecrets, checkPlace({ secrets }))).toMatchObject({ verdict: 'pass' })
    expect(server.requests[0]?.headers).toMatchObject({ authorization: 'Bearer open-sesame', 'x-api-key': 'open-sesame' })
    const headers = elsewhere.requests[0]?.headers
    expect(headers?.['x-region']).toBe('eu')
    expect(JSON.stringify(headers)).not.toContain('open-sesame')
    expect(headers?.cookie).toBeUndefined()
  })

  test('within the origin keeps them', async () => {
    await using server = await webServer(({ path }) => (path === '/' ? { status: 307, headers: { location: '/b' } } : {}))
    await look(server.port, withSecrets, checkPlace({ secrets }))
    expect(server.requests[1]?.headers).toMatchObject({ authorization: 'Bearer open-sesame', 'x-api-key': 'open-sesame' })
    expect(server.requests[1]?.headers.cookie).toContain('session=open-sesame')
  })

  test('of a secret body to another origin is not followed', async () => {
    await using elsewhere = await webServer({})
    await using server = await webServer({ status: 307, headers: { location: `http://127.0.0.1:${elsewhere.port}/` } })
    const result = await look(server.port, { method: 'POST', body: { env: 'TOKEN' } }, checkPlace({ secrets }))
    expect(result).toMatchObject({
      verdict: 'fail',
      reason: 'redirects',
      message: expect.stringContaining('would send a secret'),
    })
    expect(elsewhere.requests).toEqual([])
  })

  test.each([
    [301, 'POST', 'GET', ''],
    [302, 'POST', 'GET', ''],
    [303, 'PUT', 'GET', ''],
    [307, 'POST', 'POST', 'data'],
    [308, 'PUT', 'PUT', 'data'],
  ])('with status %d makes of %s a %s', async (status, method, then, body) => {
    await using server = await webServer(({ path }) => (path === '/' ? { status, headers: { location: '/b' } } : {}))
    await look(server.port, { method, body: 'data', headers: { 'content-type': 'text/plain' } })
    expect(server.requests[1]).toMatchObject({ method: then, body })
    expect(server.requests[1]?.headers['content-type']).toBe(body === '' ? undefined : 'text/plain')
  })

  test.each([
    ['/', /lead back to/],
    ['ftp://127.0.0.1/', /not HTTP/],
    ['file:///etc/passwd', /not HTTP/],
    ['http://', /no URL/],
  ])('to %s ends the look', async (location, message) => {
    await using server = await webServer({ status: 302, headers: { location } })
    const result = await look(server.port)
    expect(result).toMatchObject({ verdict: 'fail', reason: 'redirects', message: expect.stringMatching(message) })
  })

  test('that sets a cookie may lead to the same place', async () => {
    await using server = await webServer(({ headers }) =>
      headers.cookie === 'seen=1' ? {} : { status: 302, headers: { location: '/', 'set-cookie': 'seen=1; Path=/' } },
    )
    expect(await look(server.port)).toMatchObject({ verdict: 'pass' })
  })

  test('is told in the evidence of a look that fails', async () => {
    await using server = await webServer(({ path }) => ({ status: 302, headers: { location: path === '/' ? '/b' : '/' } }))
    expect((await look(server.port)).evidence).toContain(`/b`)
  })
})

describe('OAuth2 client credentials', () => {
  const oauth2 = (port: number): Config => ({
    auth: {
      oauth2: {
        token_url: `http://127.0.0.1:${port}/token`,
        client_id: 'probe:1',
        client_secret: { env: 'SECRET' },
        scopes: ['health'],
      },
    },
  })
  const place = () => ({ secrets: { SECRET: 's3cret/+' }, shared: new SharedThings() })

  test('ask for a token once in a run, also when many looks begin at once', async () => {
    await using tokens = await webServer({ body: '{"access_token":"abc","expires_in":3600,"token_type":"bearer"}' })
    await using server = await webServer(({ headers }) => ({ status: headers.authorization === 'Bearer abc' ? 200 : 401 }))
    const shared = place()
    const looks = Array.from({ length: 5 }, () => look(server.port, oauth2(tokens.port), checkPlace(shared)))
    for (const result of await Promise.all(looks)) expect(result).toMatchObject({ verdict: 'pass' })
    expect(tokens.requests).toMatchObject([
      {
        method: 'POST',
        body: 'grant_type=client_credentials&scope=health',
        headers: { authorization: `Basic ${Buffer.from('probe%3A1:s3cret%2F%2B').toString('base64')}` },
      },
    ])
  })

  test('ask anew when a server refuses the token, and say when there is none', async () => {
    let number = 0
    await using tokens = await webServer(() => ({ status: ++number > 2 ? 403 : 200, body: `{"access_token":"t${number}"}` }))
    await using server = await webServer(({ headers }) => ({ status: headers.authorization === 'Bearer t2' ? 200 : 401 }))
    const shared = place()
    expect(await look(server.port, oauth2(tokens.port), checkPlace(shared))).toMatchObject({ verdict: 'fail', reason: 'status' })
    expect(await look(server.port, oauth2(tokens.port), checkPlace(shared))).toMatchObject({ verdict: 'pass' })
    const refused = await look(server.port, oauth2(tokens.port), checkPlace(place()))
    expect(refused).toMatchObject({ verdict: 'fail', reason: 'auth', message: 'no token: status 403 of its server' })
  })
})

test('a kept connection is used by the next look, and closed at the end of the run', async () => {
  await using server = await webServer({})
  const shared = new SharedThings()
  const first = await look(server.port, { keep_alive: true }, checkPlace({ shared }))
  const second = await look(server.port, { keep_alive: true }, checkPlace({ shared }))
  expect(first.metrics).toHaveProperty('connect_seconds')
  expect(second).toMatchObject({ verdict: 'pass' })
  expect(second.metrics).not.toHaveProperty('connect_seconds')
  await shared[Symbol.asyncDispose]()
})

describe('an address', () => {
  test('is connected to whatever the name resolves to, and the name is still asked for', async () => {
    await using server = await webServer({})
    const result = await http.build({ endpoint: `http://shop.invalid:${server.port}/`, address: '127.0.0.1' }).run(checkPlace())
    expect(result).toMatchObject({ verdict: 'pass' })
    expect(server.requests[0]?.headers.host).toBe(`shop.invalid:${server.port}`)
  })

  test('of all that a name has is looked at', async () => {
    await using server = await webServer({})
    const endpoint = `http://localhost:${server.port}/`
    const result = await http.build({ endpoint, address: 'all', address_family: 'ipv4' }).run(checkPlace())
    expect(result).toMatchObject({ verdict: 'pass' })
    expect(result.evidence).toContain('at 127.0.0.1')
    const none = http.build({ endpoint: 'http://shop.invalid/', address: 'all' }).run(checkPlace())
    expect(await none).toMatchObject({ verdict: 'fail', reason: 'dns' })
  })
})

describe('a proxy', () => {
  test('is given the whole URL, and its own credentials alone', async () => {
    await using proxy = await webServer({ body: 'through' })
    const result = await look(
      9,
      {
        endpoint: 'http://shop.invalid/a?b=1',
        proxy: { env: 'http_proxy' },
        dimensions: [{ type: 'body', contains: 'through' }],
      },
      checkPlace({ secrets: { http_proxy: `http://ops:pass%40word@127.0.0.1:${proxy.port}` } }),
    )
    expect(result).toMatchObject({ verdict: 'pass' })
    expect(proxy.requests[0]).toMatchObject({
      path: 'http://shop.invalid/a?b=1',
      headers: { host: 'shop.invalid', 'proxy-authorization': `Basic ${Buffer.from('ops:pass@word').toString('base64')}` },
    })
  })

  test('that refuses is told', async () => {
    await using proxy = await answering('HTTP/1.1 407 Authenticate\r\ncontent-length: 0\r\n\r\n')
    const result = await look(9, { endpoint: 'https://shop.invalid/', proxy: `http://127.0.0.1:${proxy.port}` })
    expect(result).toMatchObject({ verdict: 'fail', reason: 'unreachable' })
    expect(result.message).toContain('the proxy gives no way to shop.invalid:443: status 407')
  })
})

describe('from a host', () => {
  test('the check goes through its connection, also where that is no socket', async () => {
    await using server = await webServer({ body: 'seen from the host' })
    const dial = async ({ port }: { readonly port: number }) => new NoSocket(connect(port, '127.0.0.1'))
    const config = { endpoint: `http://shop.internal:${server.port}/`, dimensions: [{ type: 'body', contains: 'from the host' }] }
    expect(await http.build(config).run(checkPlace({ dial }))).toMatchObject({ verdict: 'pass' })
  })

  test('that can not be reached nothing is known', async () => {
    const dial = () => Promise.reject(new TransportError('closed', 'the connection was lost'))
    expect(await look(80, {}, checkPlace({ dial }))).toMatchObject({ verdict: 'unknown', reason: 'closed' })
  })
})

describe.skipIf(!needs('openssl'))('with TLS', () => {
  let dir: TempDir
  let authority: TestAuthority
  let issued: Issued
  let client: Issued
  let tls: WebTls
  beforeAll(async () => {
    dir = await tempDir()
    authority = await TestAuthority.root(dir.path, { name: 'shop root', key: 'ec:P-256' })
    issued = await authority.issue({ name: 'localhost', names: ['DNS:localhost', 'IP:127.0.0.1'], key: 'ec:P-256' })
    client = await authority.issue({ name: 'probe', key: 'ec:P-256' })
    tls = { cert: await Bun.file(issued.cert).text(), key: await Bun.file(issued.key).text() }
  }, 120_000)
  afterAll(() => dir[Symbol.asyncDispose]())

  const secure = (port: number, config: Config = {}) =>
    look(port, { endpoint: `https://127.0.0.1:${port}/`, ca: authority.cert, ...config })

  test('a certificate that is not accepted fails the look, and its end is told all the same', async () => {
    await using server = await webServer({}, tls)
    const result = await look(server.port, { endpoint: `https://127.0.0.1:${server.port}/` })
    expect(result).toMatchObject({
      verdict: 'fail',
      judgements: [
        { reason: 'tls-incomplete-chain' },
        { reason: 'tls-incomplete-chain' },
        { dimension: 'cert_expiry', verdict: 'pass' },
      ],
    })
    expect(server.requests).toEqual([])
  })

  test('insecure goes on, and warns in the evidence', async () => {
    await using server = await webServer({}, tls)
    const result = await look(server.port, { endpoint: `https://127.0.0.1:${server.port}/`, insecure: true })
    expect(result).toMatchObject({ verdict: 'pass' })
    expect(result.evidence).toContain('tls-incomplete-chain: ')
  })

  test('a client shows its certificate where the server wants one, and is told where it has none', async () => {
    await using server = await webServer({}, { ...tls, clientCa: await Bun.file(authority.cert).text() })
    expect(await secure(server.port, { cert: client.cert, key: client.key })).toMatchObject({ verdict: 'pass' })
    expect(await secure(server.port)).toMatchObject({ verdict: 'fail', reason: expect.stringMatching(/^(tls-client|reset)$/) })
  })

  test('a tunnel through a proxy leads to the server', async () => {
    await using server = await webServer({ body: 'tunnelled' }, tls)
    await using proxy = await connectProxy()
    const result = await secure(server.port, {
      proxy: `http://127.0.0.1:${proxy.port}`,
      dimensions: [{ type: 'body', contains: 'tunnelled' }],
    })
    expect(result).toMatchObject({ verdict: 'pass' })
    expect(proxy.asked).toEqual([`CONNECT 127.0.0.1:${server.port} HTTP/1.1`])
  })

  test('no credentials and no certificate of ours go where a redirect leads', async () => {
    await using elsewhere = await webServer({}, { ...tls, clientCa: await Bun.file(authority.cert).text() })
    await using server = await webServer({ status: 302, headers: { location: `https://127.0.0.1:${elsewhere.port}/` } }, tls)
    expect(await secure(server.port, { cert: client.cert, key: client.key })).toMatchObject({ verdict: 'fail' })
    expect(elsewhere.requests).toEqual([])
  })

  test('HTTP/2 is spoken where it is asked for, and missed where the server has none', async () => {
    const server = createSecureServer({ ...tls })
    server.on('stream', (stream: ServerHttp2Stream, headers: Readonly<Record<string, unknown>>) => {
      stream.respond({ ':status': 200, 'x-path': String(headers[':path']), 'set-cookie': ['a=1', 'b=2'] })
      stream.end('of two')
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const dimensions = [
      { type: 'http_version', expect: '2' },
      { type: 'body', contains: 'of two' },
      { type: 'header', name: 'x-path', equals: '/' },
    ]
    for (const version of ['2', 'any']) {
      const result = await secure(port, { version, dimensions })
      expect(result).toMatchObject({ verdict: 'pass' })
      expect(Object.keys(result.metrics ?? {})).toEqual([
        'connect_seconds',
        'tls_seconds',
        'wait_seconds',
        'transfer_seconds',
        'total_seconds',
      ])
    }
    server.close()
    await using old = await webServer({}, tls)
    expect(await secure(old.port, { version: '2' })).toMatchObject({ verdict: 'fail' })
    expect(await secure(old.port, { version: 'any', dimensions: [{ type: 'http_version', expect: '1.1' }] })).toMatchObject({
      verdict: 'pass',
    })
  })

  test.each([
    ['is silent', () => {}, 'timeout'],
    ['sends without end', (stream: ServerHttp2Stream) => pour(stream), 'too-large'],
    ['resets the stream', (stream: ServerHttp2Stream) => stream.close(2), 'reset'],
    ['goes', (stream: ServerHttp2Stream) => stream.session?.destroy(), 'reset'],
  ] as const)(
    'a server of HTTP/2 that %s is told',
    async (_, answer, reason) => {
      const server = createSecureServer({ ...tls })
      server.on('sessionError', () => undefined)
      server.on('stream', (stream: ServerHttp2Stream) => {
        stream.on('error', () => undefined)
        answer(stream)
      })
      await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
      const { port } = server.address() as AddressInfo
      const start = performance.now()
      expect(
        await secure(port, { version: '2', max_body: '1MiB', timeout: reason === 'timeout' ? '300ms' : '10s' }),
      ).toMatchObject({ verdict: 'fail', reason })
      expect(performance.now() - start).toBeLessThan(5000)
      server.close()
    },
    30_000,
  )

  test('a server of another protocol version is told', async () => {
    await using server = await webServer({}, { ...tls, minVersion: 'TLSv1.3' })
    expect(await secure(server.port, { max_version: '1.2' })).toMatchObject({ verdict: 'fail', reason: 'tls-protocol' })
    expect(await secure(server.port, { min_version: 1.3 })).toMatchObject({ verdict: 'pass' })
  })

  test('a server without TLS is told', async () => {
    await using server = await webServer({})
    expect(await secure(server.port)).toMatchObject({ verdict: 'fail', reason: 'tls' })
  })
})

/** Far more than anybody reads. */
function pour(stream: ServerHttp2Stream): void {
  stream.respond({ ':status': 200 })
  stream.write(Buffer.alloc(16 * 1_048_576))
}

/** A proxy that knows CONNECT and nothing else. */
async function connectProxy() {
  const asked: string[] = []
  const server = createServer(socket => {
    socket.on('error', () => undefined)
    socket.once('data', head => {
      const [line = ''] = head.toString().split('\r\n', 1)
      asked.push(line)
      const there = connect(Number(/:(\d+) /.exec(line)?.[1]), '127.0.0.1', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'))
      there.on('error', () => undefined)
      socket.pipe(there).pipe(socket)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return { port: (server.address() as AddressInfo).port, asked, [Symbol.asyncDispose]: async () => void server.close() }
}

test('a look tells every step, and no secret', async () => {
  await using server = await webServer({ body: 'ok' })
  const lines: string[] = []
  const config = { endpoint: `http://localhost:${server.port}/`, address_family: 'ipv4', auth: { bearer: { env: 'TOKEN' } } }
  await look(server.port, config, checkPlace({ secrets: { TOKEN: 'open-sesame' }, trace: line => lines.push(line) }))
  const steps = lines.map(line => line.split(/ +/, 1)[0]).filter(Boolean)
  expect(steps).toEqual(['ask', 'resolve', 'connect', 'answer', 'judge', 'judge'])
  expect(lines.join('\n')).not.toContain('open-sesame')
})

test('a connection is not made twice for an answer that fails', async () => {
  let connections = 0
  await using server = await tcpServer(socket => {
    connections++
    socket.once('data', () => socket.destroy())
  })
  expect(await look(server.port)).toMatchObject({ verdict: 'fail', reason: 'reset' })
  expect(connections).toBe(1)
})

test.each([
  [{ headers: { 'x y': '1' } }, /headers/],
  [{ headers: { 'x-a': 'b\nc' } }, /line break/],
  [{ headers: { 'content-length': '1' } }, /opsctl says this header itself/],
  [{ auth: { bearer: 'open-sesame' } }, /auth/],
  [{ method: 'GET /' }, /method/],
  [{ redirects: 11 }, /redirects/],
  [{ dimensions: [{ type: 'header', name: 'a', matches: '(' }] }, /regular expression/],
] as const)('parameters like %j are refused', (config, message) => {
  expect(() => http.build({ endpoint: 'http://127.0.0.1/', ...(config as Config) })).toThrow(message)
})

import { describe, expect, test } from 'bun:test'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { allowedTargets } from '../../../src/lib/patrol/blackbox/allowed-targets.ts'
import type { BlackboxProbes } from '../../../src/lib/patrol/blackbox/blackbox-probes.ts'
import { parseBlackboxConfig } from '../../../src/lib/patrol/blackbox/config/load-blackbox-config.ts'
import { tempDir } from '../../helpers/temp-dir.ts'
import { tcpServer } from '../../helpers/tls-server.ts'
import { grpcServer, healthReplies } from '../../probe/grpc-server.ts'
import { type Site, webServer } from '../../probe/web-server.ts'
import { frameOf, handshaking, switching } from '../../probe/websocket-server.ts'
import { samplesOf } from './metrics-text.ts'
import { ownProbes } from './own-prober.ts'

const never = new AbortController().signal

const ask = (probes: BlackboxProbes, query: Record<string, string>, seconds?: string) =>
  probes.answer({
    query: new URLSearchParams(query),
    headers: seconds === undefined ? {} : { 'x-prometheus-scrape-timeout-seconds': seconds },
    signal: never,
  })

/** One module, `m`. */
const one = (prober: string, settings = '{}', options: Parameters<typeof ownProbes>[1] = {}): BlackboxProbes =>
  ownProbes(`modules: { m: { prober: ${prober}, ${prober}: ${settings} } }`, options)

const figures = async (probes: BlackboxProbes, target: string, seconds = '5') => {
  const { status, body } = await ask(probes, { module: 'm', target }, seconds)
  expect(status).toBe(200)
  return samplesOf(body)
}

const success = async (probes: BlackboxProbes, target: string) => (await figures(probes, target)).get('probe_success')

describe('/probe', () => {
  const probes = ownProbes(
    'modules: { http_2xx: { prober: http }, new: { prober: http, http: { enable_http3: true, enable_http2: false } } }',
  )

  test.each([
    [{ module: 'nothing', target: 'x' }, undefined, 400, 'Unknown module "nothing"\n'],
    [{ module: 'http_2xx' }, undefined, 400, 'Target parameter is missing\n'],
    [{ target: 'x' }, 'soon', 400, 'X-Prometheus-Scrape-Timeout-Seconds is no number of seconds\n'],
    [{ module: 'new', target: 'x' }, undefined, 501, 'Module "new" can not be probed: HTTP/3 is not supported\n'],
    [{ target: 'x', hostname: 'a b' }, undefined, 400, 'the parameter hostname is no name of a host\n'],
  ] as const)('%j is answered with the reason', async (query, seconds, status, body) => {
    expect(await ask(probes, query, seconds)).toMatchObject({ status, body })
  })

  test('counts modules that there are not', async () => {
    const count = () => probes.families().find(({ name }) => name === 'blackbox_module_unknown')?.samples[0]?.value ?? 0
    const before = count()
    await ask(probes, { module: 'nothing', target: 'x' })
    expect(count()).toBe(Number(before) + 1)
  })

  test.each([
    ['the scrape less half a second', '0', '1.2', 0.7],
    ['the module, where that is less', '300ms', '5', 0.3],
    ['the module, where the scrape has no time at all', '300ms', '0.2', 0.3],
  ])('ends with the time of %s', async (_, timeout, seconds, wanted) => {
    await using server = await webServer(() => undefined)
    const modules = ownProbes(`modules: { m: { prober: http, timeout: ${timeout} } }`)
    const start = performance.now()
    const found = await figures(modules, `127.0.0.1:${server.port}`, seconds)
    expect(found.get('probe_success')).toBe(0)
    expect(found.get('probe_timeout_seconds')).toBeCloseTo(wanted, 5)
    expect(found.get('probe_failure_info{reason="timeout"}')).toBe(1)
    expect((performance.now() - start) / 1000).toBeLessThan(wanted + 2)
  })

  test('goes on with other modules once they are given', async () => {
    await using server = await webServer({ status: 404 })
    const modules = one('http')
    expect(await success(modules, `127.0.0.1:${server.port}`)).toBe(0)
    modules.use(parseBlackboxConfig('modules: { m: { prober: tcp } }', 'blackbox.yml').modules)
    expect(await success(modules, `127.0.0.1:${server.port}`)).toBe(1)
  })

  test('ends with whoever asked', async () => {
    await using server = await webServer(() => undefined)
    const gone = new AbortController()
    const asked = one('http').answer({
      query: new URLSearchParams({ module: 'm', target: `127.0.0.1:${server.port}` }),
      headers: {},
      signal: gone.signal,
    })
    gone.abort(new Error('gone'))
    expect(asked).rejects.toThrow('gone')
  })
})

describe('debug=true', () => {
  test('tells what happened, the figures and the module, and no secret', async () => {
    await using server = await webServer(({ headers }) => ({
      headers: { 'x-echo': headers.authorization ?? '' },
      body: 'sesame-opens',
    }))
    const settings = `{ basic_auth: { username: shop, password: sesame-opens }, headers: { X-Api-Key: k-4711-secret, X-Plain: visible }, proxy_connect_header: { X-P: [hidden-header] }, proxy_url: 'http://u:proxy-pass@127.0.0.1:1', no_proxy: 127.0.0.1 }`
    const { body, contentType } = await ask(one('http', settings), {
      module: 'm',
      target: `127.0.0.1:${server.port}`,
      debug: 'true',
    })
    expect(contentType).toStartWith('text/plain')
    expect(body).toStartWith('Logs for the probe:\nts=')
    expect(body).toMatch(/module=m target=127\.0\.0\.1:\d+ level=info msg="Beginning probe" probe=http timeout_seconds=119\.5/)
    expect(body).toContain('\n\n\n\nMetrics that would have been returned:\n# HELP probe_dns_lookup_time_seconds')
    expect(body).toContain('probe_success 1\n')
    expect(body).toContain('Module configuration:\nprober: http\n')
    expect(body).toContain('X-Plain: visible')
    expect(body).toContain('<secret>')
    for (const secret of ['sesame-opens', 'k-4711-secret', 'hidden-header', 'proxy-pass', btoa('shop:sesame-opens')]) {
      expect(body).not.toContain(secret)
    }
  })
})

describe('targets that may not be probed are refused', () => {
  const only = (...patterns: string[]) => one('http', '{ preferred_ip_protocol: ip4 }', { allowed: allowedTargets(patterns) })

  test.each([
    [['localhost'], 'http://localhost:PORT/', 200],
    [['LOCAL*'], 'localhost:PORT', 200],
    [['127.0.0.1'], 'http://127.0.0.1:PORT/', 200],
    [['127.0.0.0/8'], 'http://localhost:PORT/', 200],
    [['localhost:PORT'], 'http://localhost:PORT/', 200],
    [['localhost:1'], 'http://localhost:PORT/', 403],
    [['10.0.0.0/8'], 'http://localhost:PORT/', 403],
    [['10.0.0.0/8', '::1/128'], 'http://127.0.0.1:PORT/', 403],
    [['shop.example'], 'http://127.0.0.1:PORT/', 403],
    [[], 'http://127.0.0.1:PORT/', 403],
    [['*.example'], 'http://127.0.0.1:PORT/?shop.example', 403],
    [['*.example'], 'http://shop.example@127.0.0.1:PORT/', 403],
  ] as const)('%j: %s gives %i', async (patterns, target, status) => {
    await using server = await webServer({})
    const at = (text: string): string => text.replace('PORT', String(server.port))
    const answer = await ask(only(...patterns.map(at)), { module: 'm', target: at(target) })
    expect(answer.status).toBe(status)
    expect(server.requests.length).toBe(status === 200 ? 1 : 0)
    if (status === 403) expect(answer.body).toContain('is not among those that may be probed')
  })

  test('where a redirect leads to one, the probe fails and nothing is sent there', async () => {
    await using inner = await webServer({ body: 'secret' })
    await using server = await webServer({ status: 302, headers: { location: `http://127.0.0.2:${inner.port}/` } })
    const found = await figures(only('127.0.0.1'), `127.0.0.1:${server.port}`)
    expect(found.get('probe_failure_info{reason="redirects"}')).toBe(1)
    expect(inner.requests).toEqual([])
  })

  test.each(['10.0.0.0/33', 'a b', '', 'x/8', '300.0.0.0/8'])('%j is no pattern', pattern => {
    expect(() => allowedTargets([pattern])).toThrow(`'${pattern}' is no pattern of targets`)
  })
})

describe('a Unix socket', () => {
  test('must be named to be probed, and is asked like a server of TCP', async () => {
    await using directory = await tempDir()
    const path = join(directory.path, 'shop.sock')
    const server = createServer()
    server.on('connection', socket => socket.write('shop 1.4\n'))
    await new Promise<void>(resolve => server.listen(path, resolve))
    const settings = "{ query_response: [{ expect: '^shop (\\S+)', labels: [{ name: version, value: 'v${1}' }] }] }"
    const open = one('unix', settings, { allowed: allowedTargets([`${directory.path}/*.sock`]) })
    const found = await figures(open, path)
    expect([found.get('probe_success'), found.get('probe_expect_info{version="v1.4"}')]).toEqual([1, 1])
    expect(await ask(open, { module: 'm', target: '/run/docker.sock' })).toMatchObject({ status: 403 })
    expect(await ask(one('unix'), { module: 'm', target: path })).toMatchObject({ status: 403 })
    expect((await figures(open, `${directory.path}/no.sock`)).get('probe_failure_info{reason="missing"}')).toBe(1)
    server.close()
  })
})

describe('what later versions of blackbox_exporter know', () => {
  test.each([
    ['"[+-]S"', 'expect_bytes: "S"', 'S', 1],
    ['other bytes', 'expect_bytes: "S"', 'N', 0],
    ['bytes that are no text', 'expect_bytes: !!binary AAEC', Buffer.of(0, 1, 2), 1],
  ])('bytes that are expected: %s', async (_, step, said, wanted) => {
    await using server = await tcpServer(socket => void socket.write(said))
    const found = await figures(one('tcp', `{ query_response: [{ ${step} }] }`), `127.0.0.1:${server.port}`)
    expect([found.get('probe_success'), found.get('probe_failed_due_to_bytes')]).toEqual([wanted, 1 - wanted])
  })

  test.each([
    ['fail_if_body_json_not_matches_cel', 'body.stock > 3', 1],
    ['fail_if_body_json_not_matches_cel', 'body.stock > 9', 0],
    ['fail_if_body_json_matches_cel', 'body.state == "closed"', 1],
    ['fail_if_body_json_matches_cel', 'body.state == "open"', 0],
    ['fail_if_body_json_matches_cel', 'body.nothing == 1', 0],
  ])('conditions on a body: %s %s', async (key, condition, wanted) => {
    await using server = await webServer({ body: '{"stock": 5, "state": "open"}' })
    const found = await figures(one('http', `{ ${key}: '${condition}' }`), `127.0.0.1:${server.port}`)
    expect([found.get('probe_success'), found.get('probe_failed_due_to_cel')]).toEqual([wanted, 1 - wanted])
  })

  test('WebSocket', async () => {
    await using server = await handshaking(switching(), socket => void socket.write(frameOf(0x81, 'welcome to shop 7')))
    const settings = "{ query_response: [{ expect: 'shop (\\d+)', send: 'bye ${1}' }] }"
    const found = await figures(one('websocket', settings), `ws://127.0.0.1:${server.port}/feed`)
    expect(found.get('probe_success')).toBe(1)
    expect(found.get('probe_websocket_connection_upgraded')).toBe(1)
    expect(found.get('probe_websocket_status_code')).toBe(101)
    const other = await figures(
      one('websocket', "{ query_response: [{ expect: 'closed' }] }"),
      `ws://127.0.0.1:${server.port}/feed`,
    )
    expect([other.get('probe_success'), other.get('probe_websocket_failed_due_to_regex')]).toEqual([0, 1])
    await using web = await webServer({ status: 403 })
    expect((await figures(one('websocket'), `ws://127.0.0.1:${web.port}/`)).get('probe_websocket_status_code')).toBe(403)
  })

  test('metadata of a call', async () => {
    await using server = await grpcServer(healthReplies({ '': 1 }))
    expect(await success(one('grpc', '{ metadata: { x-shop: [a, b] } }'), `127.0.0.1:${server.port}`)).toBe(1)
    expect(server.calls[0]?.headers['x-shop']).toBe('a, b')
  })

  test('headers whose values are secrets or in files', async () => {
    await using directory = await tempDir()
    await Bun.write(join(directory.path, 'token'), 'from-file\n')
    await using server = await webServer({})
    const settings = `{ http_headers: { X-A: { values: [one] }, X-B: { secrets: [two] }, X-C: { files: [${directory.path}/token] } } }`
    expect(await success(one('http', settings), `127.0.0.1:${server.port}`)).toBe(1)
    expect(server.requests[0]?.headers).toMatchObject({ 'x-a': 'one', 'x-b': 'two', 'x-c': 'from-file' })
  })
})

describe('a token of OAuth 2.0', () => {
  const login =
    (way: 'header' | 'form'): Site =>
    ({ headers, body }) => {
      const isKnown =
        way === 'header' ? headers.authorization === `Basic ${btoa('shop:s3cret')}` : body.includes('client_secret=s3cret')
      return isKnown && body.includes('scope=read') ? { body: '{"access_token":"t-1"}' } : { status: 401 }
    }
  const shop: Site = ({ headers }) => ({ status: headers.authorization === 'Bearer t-1' ? 200 : 401 })

  test.each(['header', 'form'] as const)('is asked for by %s', async way => {
    await using tokens = await webServer(login(way))
    await using server = await webServer(shop)
    const settings = `{ oauth2: { client_id: shop, client_secret: s3cret, scopes: [read], token_url: 'http://127.0.0.1:${tokens.port}/token' } }`
    expect(await success(one('http', settings), `127.0.0.1:${server.port}`)).toBe(1)
  })

  test('that there is not fails the probe', async () => {
    await using tokens = await webServer({ status: 401 })
    const settings = `{ oauth2: { client_id: shop, client_secret: x, token_url: 'http://127.0.0.1:${tokens.port}/token' } }`
    const found = await figures(one('http', settings), '127.0.0.1:1')
    expect(found.get('probe_failure_info{reason="auth"}')).toBe(1)
  })
})

describe('credentials', () => {
  test('go to no other host, and never out of TLS', async () => {
    await using other = await webServer({})
    await using server = await webServer({ status: 302, headers: { location: `http://127.0.0.2:${other.port}/` } })
    // It listens on 127.0.0.1 alone: what is asked for at 127.0.0.2 comes to nobody.
    await using elsewhere = await onSecondAddress()
    await using sending = await webServer({ status: 302, headers: { location: `http://127.0.0.2:${elsewhere.port}/` } })
    const probes = one('http', '{ bearer_token: sesame }')
    expect(await success(probes, `127.0.0.1:${sending.port}`)).toBe(1)
    expect(sending.requests[0]?.headers.authorization).toBe('Bearer sesame')
    expect(elsewhere.seen).toEqual([undefined])
    expect((await figures(probes, `127.0.0.1:${server.port}`)).get('probe_failure_info{reason="refused"}')).toBe(1)
  })
})

describe('a proxy', () => {
  test('is asked for the address of a target, but for those that it is not for', async () => {
    await using proxy = await webServer({ body: 'by proxy' })
    await using server = await webServer({ status: 404 })
    const probes = one(
      'http',
      `{ proxy_url: 'http://u:p@127.0.0.1:${proxy.port}', no_proxy: 'x.example,127.0.0.0/8', preferred_ip_protocol: ip4 }`,
    )
    expect(await success(probes, `127.0.0.1:${server.port}`)).toBe(0)
    expect(proxy.requests).toEqual([])
    expect(await success(probes, 'http://localhost:1/x')).toBe(1)
    expect(proxy.requests[0]).toMatchObject({
      path: 'http://127.0.0.1:1/x',
      headers: { host: 'localhost:1', 'proxy-authorization': `Basic ${btoa('u:p')}` },
    })
  })

  test('resolves names itself where it is told so, and may come from the environment', async () => {
    await using proxy = await webServer({})
    const env = { HTTP_PROXY: `http://127.0.0.1:${proxy.port}` }
    const probes = one('http', '{ proxy_from_environment: true, skip_resolve_phase_with_proxy: true }', { env })
    const found = await figures(probes, 'http://shop.invalid/x')
    expect(found.get('probe_success')).toBe(1)
    expect(found.has('probe_ip_protocol')).toBe(false)
    expect(proxy.requests[0]?.path).toBe('http://shop.invalid/x')
  })
})

async function onSecondAddress() {
  const seen: (string | undefined)[] = []
  const server = createServer((request, response) => {
    seen.push(request.headers.authorization)
    response.end()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.2', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    async [Symbol.asyncDispose]() {
      server.close()
    },
  }
}

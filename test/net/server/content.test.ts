import { describe, expect, test } from 'bun:test'
import { gunzipSync } from 'node:zlib'
import { acceptedType, acceptsGzip } from '../../../src/lib/net/server/accepts.ts'
import { staticPage } from '../../../src/lib/net/server/static-page.ts'
import { open } from './open.ts'
import { get, RawClient } from './raw-client.ts'

const openMetrics = 'application/openmetrics-text; version=1.0.0; charset=utf-8'
const text = 'text/plain; version=0.0.4; charset=utf-8'
const json = 'application/json'
const html = 'text/html; charset=utf-8'

describe('of Prometheus text, OpenMetrics, JSON and HTML', () => {
  test.each([
    [undefined, text],
    ['', text],
    ['*/*', text],
    ['text/*', text],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', html],
    // Prometheus 3 and 2
    [
      'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2',
      openMetrics,
    ],
    ['application/openmetrics-text; version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1', text],
    ['text/plain; version="0.0.4"', text],
    ['text/plain;version=1.0.0', undefined],
    ['application/json;q=0.5, text/html;q=0.4', json],
    ['application/json;q=0, */*;q=0.1', text],
    ['text/plain;q=0, text/*', html],
    ['application/json;q=2, text/html', html],
    ['image/png', undefined],
    [`${'a/b,'.repeat(10_000)}text/html`, undefined],
  ])('%s gets %s', (accept, offer) => {
    expect(acceptedType(accept, [text, openMetrics, json, html])).toBe(offer)
  })
})

test.each([
  [undefined, false],
  ['', false],
  ['gzip', true],
  ['deflate, gzip;q=0.5, br', true],
  ['*', true],
  ['gzip;q=0, *', false],
  ['identity', false],
  ['gzip;q=0.000', false],
])('Accept-Encoding %s takes gzip: %p', (header, takes) => {
  expect(acceptsGzip(header)).toBe(takes)
})

describe('an answer', () => {
  const metrics = 'probe_success{check="shop"} 1\n'.repeat(200)

  test('is careful where it says nothing', async () => {
    await using server = await open()
    const { headers } = await fetch(server.url)
    expect(Object.fromEntries(headers)).toEqual({
      date: expect.any(String),
      connection: 'keep-alive',
      'content-length': '2',
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    })
  })

  test('is compressed where that is taken and worth it', async () => {
    const handler = async ({ path }: { readonly path: string }) => ({
      headers: { 'content-type': path === '/blob' ? 'application/octet-stream' : text },
      body: path === '/small' ? 'up 1\n' : metrics,
    })
    await using server = await open({ handler })
    const codings: (string | null)[] = []
    for (const [path, coding] of [
      ['/', 'gzip'],
      ['/', 'identity'],
      ['/small', 'gzip'],
      ['/blob', 'gzip'],
    ] as const) {
      const answer = await fetch(server.url + path, { headers: { 'accept-encoding': coding }, decompress: false })
      codings.push(answer.headers.get('content-encoding'))
      const bytes = Buffer.from(await answer.arrayBuffer())
      expect((codings.at(-1) === 'gzip' ? gunzipSync(bytes) : bytes).toString()).toBe(path === '/small' ? 'up 1\n' : metrics)
      expect(answer.headers.get('vary')).toBe(path === '/blob' ? null : 'accept-encoding')
    }
    expect(codings).toEqual(['gzip', null, null, null])
  })

  test('in pieces, or larger than one, comes whole', async () => {
    const large = Buffer.alloc(3_000_001, 'large ')
    async function* pieces() {
      for (let at = 0; at < 100; at++) yield at % 2 ? `piece ${at}\n` : Buffer.from(`piece ${at}\n`)
    }
    await using server = await open({ handler: async ({ path }) => ({ body: path === '/large' ? large : pieces() }) })
    expect(Buffer.from(await (await fetch(`${server.url}/large`)).arrayBuffer()).equals(large)).toBe(true)
    const told = await (await fetch(server.url)).text()
    expect(told).toBe(Array.from({ length: 100 }, (_, at) => `piece ${at}\n`).join(''))
    using client = new RawClient(server).send(get().replace('GET', 'HEAD') + get('/large').replace('GET', 'HEAD'))
    await client.answers(2)
    expect(client.received).not.toContain('piece')
  })

  test('in pieces whose memory is used again comes as it was, compressed or not', async () => {
    const rooms = [Buffer.alloc(100_000), Buffer.alloc(100_000)]
    async function* pieces() {
      for (let at = 0; at < 60; at++) yield rooms[at % 2]?.fill(`piece ${at} `) ?? ''
    }
    const whole = Array.from({ length: 60 }, (_, at) => Buffer.alloc(100_000, `piece ${at} `).toString()).join('')
    await using server = await open({ handler: async () => ({ headers: { 'content-type': text }, body: pieces() }) })
    for (const coding of ['gzip', 'identity']) {
      const answer = await fetch(server.url, { headers: { 'accept-encoding': coding }, decompress: false })
      const bytes = Buffer.from(await answer.arrayBuffer())
      expect(answer.headers.get('content-encoding')).toBe(coding === 'gzip' ? 'gzip' : null)
      expect((coding === 'gzip' ? gunzipSync(bytes) : bytes).toString() === whole).toBe(true)
    }
  })

  test('that breaks off is not taken for whole', async () => {
    async function* pieces() {
      yield 'half of it'
      throw new Error('the disk is gone')
    }
    await using server = await open({ handler: async () => ({ body: pieces() }) })
    using client = new RawClient(server).send(get())
    await client.closed()
    expect(client.received).toEndWith('half of it\r\n')
    expect(server.lines).toEqual([
      { level: 'error', message: 'an answer broke off', fields: { path: '/', error: expect.any(Error) } },
    ])
  })

  test('with a header that is none is a 500', async () => {
    await using server = await open({ handler: async () => ({ headers: { location: 'a\r\nset-cookie: x' }, body: 'ok' }) })
    const answer = await fetch(server.url)
    expect([answer.status, answer.headers.get('set-cookie')]).toEqual([500, null])
  })
})

describe('a page that never changes', () => {
  const page = staticPage({
    body: `<!doctype html>${'<p>patrol</p>'.repeat(300)}`,
    type: html,
    headers: { 'content-security-policy': "default-src 'self'" },
  })

  test('is sent once', async () => {
    await using server = await open({ handler: page })
    const first = await fetch(server.url)
    const etag = first.headers.get('etag') ?? ''
    expect(first.headers.get('content-encoding')).toBe('gzip')
    expect(first.headers.get('content-security-policy')).toBe("default-src 'self'")
    expect(await first.text()).toEndWith('<p>patrol</p>')
    for (const known of [etag, etag.slice(2), `"x", ${etag}`, '*']) {
      const again = await fetch(server.url, { headers: { 'if-none-match': known } })
      expect([again.status, again.headers.get('etag'), await again.text()]).toEqual([304, etag, ''])
    }
    expect((await fetch(server.url, { headers: { 'if-none-match': '"x"' } })).status).toBe(200)
  })
})

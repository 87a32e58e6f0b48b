import { brotliCompressSync, deflateRawSync, gzipSync, zstdCompressSync } from 'node:zlib'
import type { Reason } from '../../src/lib/core/item.ts'
import type { Json } from '../../src/lib/core/json.ts'
import type { Site } from './web-server.ts'

/**
 * What blackbox_exporter's own tests of its HTTP prober (prober/http_test.go, Apache License 2.0) demand, as parameters of ours. Its
 * cases about QUIC have no counterpart.
 */
export interface BlackboxCase {
  /** Its test, and what is special. */
  readonly name: string
  readonly site: Site
  /** Speaks TLS, with a certificate for localhost alone, whose authority `CA` is. */
  readonly tls?: boolean
  /** `HOST` is where the site is. */
  readonly endpoint?: string
  readonly config?: Readonly<Record<string, Json>>
  readonly dimensions?: readonly Json[]
  readonly passes: boolean
  readonly reason?: Reason
  /** Metrics of any dimension. */
  readonly metrics?: Readonly<Record<string, number>>
  /** Stages that it must have, and no others. */
  readonly phases?: readonly string[]
}

const text = 'hello world'.repeat(10)
const page: Site = {}
const header = (name: string, ...values: string[]): Site => ({ headers: values.length > 0 ? { [name]: values } : {} })
const coded = (coding: string, body: Uint8Array): Site => ({ headers: { 'content-encoding': coding }, body })
const database = 'could not connect to database'

const statuses: readonly (readonly [number, Json | undefined, boolean])[] = [
  [200, undefined, true],
  [201, undefined, true],
  [299, undefined, true],
  [300, undefined, false],
  [404, undefined, false],
  [404, [200, 404], true],
  [200, [200, 404], true],
  [201, [200, 404], false],
  [404, [404], true],
  [200, [404], false],
]

const versions: readonly (readonly [Json, boolean])[] = [
  ['1.1', true],
  [['1.1', '2'], true],
  ['2', false],
]

const bodies: readonly (readonly [string, readonly string[], boolean])[] = [
  [`Bad news: ${database} server`, [database], true],
  ['Download the latest version here', [database], false],
  ['internal error', [database, 'internal error'], true],
  ['hello world', [database, 'internal error'], false],
]

const cookies = [
  'zz=4; expires=Mon, 01-Jan-1990 00:00:00 GMT; Domain=www.example.com; Path=/',
  'gid=1; Expires=Tue, 19-Mar-2019 20:08:29 GMT; Domain=.example.com; Path=/',
] as const
const ofDomain = '.*Domain=\\.example\\.com.*'

const headersThatMustNot: readonly (readonly [string, string, boolean, readonly string[], boolean])[] = [
  ['Content-Type', 'text/javascript', false, ['text/javascript'], false],
  ['Content-Type', 'text/javascript', false, ['application/octet-stream'], true],
  ['content-type', 'text/javascript', false, ['application/octet-stream'], true],
  ['Content-Type', '.*', false, [''], false],
  ['Content-Type', '.*', false, [], false],
  ['Content-Type', '.*', true, [''], false],
  ['Content-Type', '.*', true, [], true],
  ['Set-Cookie', ofDomain, false, [cookies[1]], false],
  ['Set-Cookie', ofDomain, false, cookies, false],
]

const headersThatMust: readonly (readonly [string, string, boolean, readonly string[], boolean])[] = [
  ['Content-Type', 'text/javascript', false, ['text/javascript'], true],
  ['content-type', 'text/javascript', false, ['text/javascript'], true],
  ['Content-Type', 'text/javascript', false, ['application/octet-stream'], false],
  ['Content-Type', '.*', false, [''], true],
  ['Content-Type', '.*', false, [], false],
  ['Content-Type', '.*', true, [], true],
  ['Set-Cookie', ofDomain, false, [cookies[0]], false],
  ['Set-Cookie', ofDomain, false, cookies, true],
]

const codings: readonly (readonly [string, Uint8Array])[] = [
  ['gzip', gzipSync(text)],
  ['br', brotliCompressSync(text)],
  ['deflate', deflateRawSync(text)],
  ['zstd', zstdCompressSync(text)],
]

const limit = 128
const lengths: readonly (readonly [string, Site, boolean])[] = [
  ['short', { body: 'A'.repeat(limit - 1) }, true],
  ['long', { body: 'A'.repeat(limit + 1) }, false],
  ['short when unpacked', coded('gzip', gzipSync('A'.repeat(limit - 1))), true],
  ['long when unpacked', coded('gzip', gzipSync('A'.repeat(limit + 1))), false],
]

const countingRedirects: Site = ({ path }) => {
  const number = Number(/^\/redirect-(\d+)$/.exec(path)?.[1] ?? 0)
  return { status: 302, headers: { location: `/redirect-${number + 1}` } }
}

const expecting = (good: boolean) => (good ? { passes: true } : { passes: false, reason: 'content' as const })

export const blackboxCases: readonly BlackboxCase[] = [
  ...statuses.map(([status, expect, passes]) => ({
    name: `StatusCodes: ${status} where ${JSON.stringify(expect ?? '2xx')} is valid`,
    site: { status },
    dimensions: [{ type: 'http_status', ...(expect !== undefined && { expect }) }],
    passes,
    ...(!passes && { reason: 'status' as const }),
    metrics: { status_code: status },
  })),
  ...versions.map(([expect, passes]) => ({
    name: `ValidHTTPVersion: ${JSON.stringify(expect)}`,
    site: page,
    dimensions: [{ type: 'http_version', expect }],
    passes,
    metrics: { http_version: 1.1 },
  })),
  {
    name: 'ContentLength: plain',
    site: { body: text },
    dimensions: [{ type: 'body' }],
    passes: true,
    metrics: { body_bytes: 110 },
  },
  {
    name: 'ContentLength: identity',
    site: { headers: { 'content-encoding': 'identity' }, body: text },
    dimensions: [{ type: 'body' }],
    passes: true,
    metrics: { body_bytes: 110 },
  },
  {
    name: 'ContentLength: a coding that nobody knows',
    site: { headers: { 'content-encoding': 'xxx' }, body: text },
    dimensions: [{ type: 'body' }],
    passes: true,
    metrics: { body_bytes: 110 },
  },
  {
    name: 'ContentLength: told also of a bad status',
    site: { status: 404, body: 'not found' },
    dimensions: [{ type: 'http_status' }, { type: 'body' }],
    passes: false,
    reason: 'status',
    metrics: { body_bytes: 9, status_code: 404 },
  },
  ...codings.map(([compression, body]) => ({
    name: `Compression: ${compression}`,
    site: coded(compression, body),
    config: { compression },
    dimensions: [
      { type: 'body', contains: 'hello world' },
      { type: 'header', name: 'content-encoding', equals: compression },
    ],
    passes: true,
    metrics: { body_bytes: 110 },
  })),
  {
    name: 'Compression: another than is expected',
    site: coded('gzip', gzipSync(text)),
    config: { compression: 'deflate' },
    dimensions: [{ type: 'header', name: 'content-encoding', equals: 'deflate' }],
    passes: false,
    reason: 'content',
  },
  ...['gzip', 'br, gzip', '*'].map(accepted => ({
    name: `Compression: asked for by the header ${accepted}`,
    site: coded('gzip', gzipSync(text)),
    config: { compression: 'gzip', headers: { 'Accept-Encoding': accepted } },
    dimensions: [{ type: 'body', contains: 'hello world' }],
    passes: true,
    metrics: { body_bytes: 110 },
  })),
  {
    name: 'Compression: not what the header says',
    site: coded('gzip', Buffer.from(text)),
    passes: false,
    reason: 'protocol',
  },
  ...lengths.map(([name, site, passes]) => ({
    name: `MaxResponseLength: ${name}`,
    site,
    config: { max_body: String(limit) },
    dimensions: [{ type: 'body' }],
    passes,
    ...(passes ? { metrics: { body_bytes: limit - 1 } } : { reason: 'too-large' as const }),
  })),
  {
    name: 'RedirectFollowed',
    site: ({ path }) => (path === '/' ? { status: 302, headers: { location: '/noredirect' } } : {}),
    dimensions: [
      { type: 'http_status', expect: 200 },
      { type: 'redirect', min: 1, max: 1 },
    ],
    passes: true,
    metrics: { redirects: 1, status_code: 200 },
  },
  {
    name: 'RedirectNotFollowed',
    site: { status: 302, headers: { location: '/noredirect' } },
    config: { redirects: 0 },
    dimensions: [{ type: 'http_status', expect: 302 }],
    passes: true,
    metrics: { status_code: 302 },
  },
  { name: 'RedirectionLimit', site: countingRedirects, config: { redirects: 10 }, passes: false, reason: 'redirects' },
  { name: 'Post', site: ({ method }) => ({ status: method === 'POST' ? 200 : 400 }), config: { method: 'POST' }, passes: true },
  {
    name: 'BasicAuth',
    site: ({ headers }) => ({ status: headers.authorization === 'Basic dXNlcm5hbWU6cGFzc3dvcmQ=' ? 200 : 401 }),
    config: { auth: { basic: { user: 'username', password: { env: 'PASSWORD' } } } },
    passes: true,
  },
  {
    name: 'BearerToken',
    site: ({ headers }) => ({ status: headers.authorization === 'Bearer mysecret' ? 200 : 401 }),
    config: { auth: { bearer: { env: 'TOKEN' } } },
    passes: true,
  },
  {
    name: 'FailIfNotSSL: without',
    site: page,
    dimensions: [{ type: 'redirect', matches: '^https:' }],
    passes: false,
    reason: 'redirects',
  },
  {
    name: 'FailIfNotSSL: with',
    site: page,
    tls: true,
    endpoint: 'https://localhost:PORT/',
    config: { ca: 'CA' },
    dimensions: [{ type: 'redirect', matches: '^https:' }],
    passes: true,
  },
  ...bodies.flatMap(([body, patterns, found]) => [
    {
      name: `FailIfBodyMatchesRegexp: ${body} against ${patterns.join(', ')}`,
      site: { body },
      dimensions: [{ type: 'body', not_matches: [...patterns] }],
      ...expecting(!found),
      metrics: { body_bytes: body.length },
    },
  ]),
  {
    name: 'FailIfBodyNotMatchesRegexp: match',
    site: { body: `Bad news: ${database} server` },
    dimensions: [{ type: 'body', matches: database }],
    passes: true,
  },
  {
    name: 'FailIfBodyNotMatchesRegexp: no match',
    site: { body: 'Download' },
    dimensions: [{ type: 'body', matches: database }],
    passes: false,
    reason: 'content',
  },
  {
    name: 'FailIfBodyNotMatchesRegexp: one of two',
    site: { body: 'internal error' },
    dimensions: [{ type: 'body', matches: [database, 'internal error'] }],
    passes: false,
    reason: 'content',
  },
  {
    name: 'FailIfBodyNotMatchesRegexp: both',
    site: { body: `internal error, ${database}` },
    dimensions: [{ type: 'body', matches: [database, 'internal error'] }],
    passes: true,
  },
  ...headersThatMustNot.map(([name, pattern, optional, values, passes]) => ({
    name: `FailIfHeaderMatchesRegexp: ${name} ${JSON.stringify(values)} against ${pattern}${optional ? ', or none' : ''}`,
    site: header(name, ...values),
    dimensions: [{ type: 'header', name, not_matches: pattern, ...(optional ? { optional } : { present: true }) }],
    ...expecting(passes),
  })),
  ...headersThatMust.map(([name, pattern, optional, values, passes]) => ({
    name: `FailIfHeaderNotMatchesRegexp: ${name} ${JSON.stringify(values)} against ${pattern}${optional ? ', or none' : ''}`,
    site: header(name, ...values),
    dimensions: [{ type: 'header', name, matches: pattern, optional }],
    ...expecting(passes),
  })),
  {
    name: 'HTTPHeaders',
    site: ({ headers }) => ({
      status:
        headers.host === 'my-secret-vhost.com' &&
        headers['user-agent'] === 'unsuspicious-user' &&
        headers['accept-language'] === 'en-US'
          ? 200
          : 400,
    }),
    config: { headers: { Host: 'my-secret-vhost.com', 'User-Agent': 'unsuspicious-user', 'Accept-Language': 'en-US' } },
    passes: true,
  },
  {
    name: 'FailIfSelfSignedCA',
    site: page,
    tls: true,
    endpoint: 'https://localhost:PORT/',
    passes: false,
    reason: 'tls-incomplete-chain',
  },
  {
    name: 'SucceedIfSelfSignedCA',
    site: page,
    tls: true,
    endpoint: 'https://localhost:PORT/',
    config: { insecure: true },
    passes: true,
  },
  { name: 'TLSConfigIsIgnoredForPlainHTTP', site: page, config: { insecure: false, ca: 'CA' }, passes: true },
  {
    name: 'HTTPUsesTargetAsTLSServerName: the right one',
    site: page,
    tls: true,
    endpoint: 'https://localhost:PORT/',
    config: { ca: 'CA' },
    passes: true,
  },
  {
    name: 'HTTPUsesTargetAsTLSServerName: another',
    site: page,
    tls: true,
    config: { ca: 'CA' },
    endpoint: 'https://127.0.0.1:PORT/',
    passes: false,
    reason: 'tls-name',
  },
  {
    name: 'HTTPUsesTargetAsTLSServerName: told',
    site: page,
    tls: true,
    config: { ca: 'CA', server_name: 'localhost' },
    endpoint: 'https://127.0.0.1:PORT/',
    passes: true,
  },
  {
    name: 'HTTPPhases',
    site: page,
    tls: true,
    endpoint: 'https://localhost:PORT/',
    config: { insecure: true },
    passes: true,
    phases: ['resolve', 'connect', 'tls', 'wait', 'transfer'],
  },
  { name: 'SkipResolvePhase: an address needs none', site: page, passes: true, phases: ['connect', 'wait', 'transfer'] },
  {
    name: 'CookieJar',
    site: ({ path, headers }) =>
      path === '/'
        ? {
            status: 302,
            headers: { location: '/noredirect', 'set-cookie': 'somecookie=cookie; Expires=Thu, 01 Jan 2099 00:00:00 GMT' },
          }
        : { status: headers.cookie === 'somecookie=cookie' ? 200 : 400 },
    passes: true,
  },
  {
    name: 'Body',
    site: ({ body }) => ({ status: body === 'Test Body' ? 200 : 400 }),
    config: { method: 'POST', body: 'Test Body' },
    passes: true,
  },
  {
    name: 'Body: of a file',
    site: ({ body }) => ({ status: body === 'Test Body\nof two lines\n' ? 200 : 400 }),
    config: { method: 'POST', body_file: 'BODY' },
    passes: true,
  },
  { name: 'HTTPParsingScheme: upper case', site: page, endpoint: 'HTTP://127.0.0.1:PORT', passes: true },
  {
    name: 'HTTPParsingScheme: mixed case',
    site: page,
    tls: true,
    endpoint: 'HtTpS://localhost:PORT',
    config: { insecure: true },
    passes: true,
  },
  { name: 'timeout: no answer at all', site: () => undefined, config: { timeout: '200ms' }, passes: false, reason: 'timeout' },
  {
    name: 'ip_protocol: one that the name has',
    site: page,
    endpoint: 'http://localhost:PORT/',
    config: { address_family: 'ipv4' },
    passes: true,
  },
  {
    name: 'ip_protocol: one that the address is not of',
    site: page,
    config: { address_family: 'ipv6' },
    passes: false,
    reason: 'no-route',
  },
  {
    name: 'ip_protocol_fallback: whichever answers',
    site: page,
    endpoint: 'http://localhost:PORT/',
    config: { address_family: 'any' },
    passes: true,
  },
]

import { createSecureServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { brotliCompressSync, deflateRawSync, gzipSync } from 'node:zlib'
import { type Listening, tcpServer } from '../../helpers/tls-server.ts'
import { type Site, type WebTls, webServer } from '../../probe/web-server.ts'
import type { CertificateKind, ShopCertificates } from './shop-certificates.ts'

/** A server, a module and a target, which blackbox_exporter and opsctl must find the same of. */
export interface HttpCase {
  readonly name: string
  /** A page, or bytes that are said to whatever is asked; the connection is closed after them, or kept where `open` says so. */
  readonly site: Site | { readonly raw: string; readonly open?: true }
  /** Over TLS it speaks HTTP/2. */
  readonly http2?: true
  /** Of the scrape. */
  readonly seconds?: number
  readonly tls?: CertificateKind
  /** Below `http:`; `CA` is the file of the authority. */
  readonly http?: string
  readonly target?: string
  readonly hostname?: string
  readonly passes: boolean
  /** What it tells besides, if it is not what theirs tells. */
  readonly reason?: string
}

const text = 'hello world'.repeat(10)
const secure = 'tls_config: { ca_file: CA }'
const https = 'https://localhost:PORT/'

export const httpCases: readonly HttpCase[] = [
  { name: 'a page', site: { body: text }, passes: true },
  {
    name: 'a page at a name',
    site: { body: text },
    target: 'localhost:PORT/x?y=z',
    http: 'preferred_ip_protocol: ip4',
    passes: true,
  },
  { name: 'a page that is not there', site: { status: 404, body: 'no' }, passes: false, reason: 'status' },
  { name: 'a status that is wanted', site: { status: 418 }, http: 'valid_status_codes: [200, 418]', passes: true },
  { name: 'no content', site: { status: 204 }, passes: true },
  { name: 'a page that is not modified', site: { status: 304 }, http: 'valid_status_codes: [304]', passes: true },
  { name: 'a page with a length', site: { headers: { 'content-length': '5' }, body: 'hello' }, passes: true },
  { name: 'the head of a page', site: { headers: { 'content-length': '5' } }, http: 'method: HEAD', passes: true },
  {
    name: 'a page that was changed',
    site: { headers: { 'last-modified': 'Tue, 15 Nov 2022 12:45:26 GMT' } },
    passes: true,
  },
  {
    name: 'a post with a body',
    site: ({ method, body }) => ({ status: method === 'POST' && body === 'x=1' ? 200 : 400 }),
    http: '{ method: POST, body: x=1 }',
    passes: true,
  },
  {
    name: 'headers',
    site: ({ headers }) => ({ status: headers['x-shop'] === '1.10' ? 200 : 400 }),
    http: 'headers: { X-Shop: 1.10 }',
    passes: true,
  },
  {
    name: 'a host header',
    site: ({ headers }) => ({ status: headers.host === 'shop.example' ? 200 : 400 }),
    http: 'headers: { Host: shop.example }',
    passes: true,
  },
  {
    name: 'a host name as a parameter',
    site: ({ headers }) => ({ status: headers.host === 'shop.example' ? 200 : 400 }),
    hostname: 'shop.example',
    passes: true,
  },
  {
    name: 'a body that must not be',
    site: { body: 'could not connect to database' },
    http: 'fail_if_body_matches_regexp: [database]',
    passes: false,
    reason: 'content',
  },
  {
    name: 'a body that is as it must',
    site: { body: 'all is well\nhere' },
    http: '{ fail_if_body_matches_regexp: [database], fail_if_body_not_matches_regexp: [well] }',
    passes: true,
  },
  {
    name: 'a line of a body, where ^ is its beginning',
    site: { body: 'all is well\nhere' },
    http: 'fail_if_body_not_matches_regexp: [^here]',
    passes: false,
    reason: 'content',
  },
  {
    name: 'a header that must not be',
    site: { headers: { 'x-powered-by': 'PHP/5' } },
    http: 'fail_if_header_matches: [{ header: x-powered-by, regexp: PHP }]',
    passes: false,
    reason: 'content',
  },
  {
    name: 'a header that is missing',
    site: {},
    http: 'fail_if_header_not_matches: [{ header: x-shop, regexp: open }]',
    passes: false,
    reason: 'missing',
  },
  {
    name: 'a header that may be missing',
    site: {},
    http: 'fail_if_header_not_matches: [{ header: x-shop, regexp: open, allow_missing: true }]',
    passes: true,
  },
  {
    name: 'the second of two headers',
    site: { headers: { 'set-cookie': ['a=1', 'b=2'] } },
    http: 'fail_if_header_not_matches: [{ header: set-cookie, regexp: b=2 }]',
    passes: true,
  },
  ...(
    [
      ['gzip', gzipSync(text)],
      ['br', brotliCompressSync(text)],
      ['deflate', deflateRawSync(text)],
    ] as const
  ).map(
    ([coding, body]): HttpCase => ({
      name: `a body of ${coding}`,
      site: { headers: { 'content-encoding': coding }, body },
      http: `{ compression: ${coding}, fail_if_body_not_matches_regexp: ['^hello'] }`,
      passes: true,
    }),
  ),
  { name: 'a body that is not compressed', site: { body: text }, http: 'compression: gzip', passes: false, reason: 'protocol' },
  {
    name: 'a body of gzip that is not looked into',
    site: { headers: { 'content-encoding': 'gzip' }, body: gzipSync(text) },
    passes: true,
  },
  {
    name: 'a body that is too long',
    site: { body: 'A'.repeat(2000) },
    http: 'body_size_limit: 1KB',
    passes: false,
    reason: 'too-large',
  },
  { name: 'a body that is just short enough', site: { body: 'A'.repeat(1024) }, http: 'body_size_limit: 1KB', passes: true },
  {
    name: 'a body that unfolds to too much',
    site: { body: gzipSync('A'.repeat(2000)) },
    http: '{ body_size_limit: 1KB, compression: gzip }',
    passes: false,
    reason: 'too-large',
  },
  {
    name: 'a redirect',
    site: ({ path }) => (path === '/' ? { status: 302, headers: { location: '/next' } } : { body: text }),
    passes: true,
  },
  {
    name: 'a redirect that is not followed',
    site: { status: 301, headers: { location: '/next' } },
    http: '{ follow_redirects: false, valid_status_codes: [301] }',
    passes: true,
  },
  {
    name: 'a redirect that is not followed, in the old way',
    site: { status: 301, headers: { location: '/next' } },
    http: '{ no_follow_redirects: true, valid_status_codes: [301] }',
    passes: true,
  },
  {
    name: 'redirects without end',
    site: ({ path }) => ({ status: 302, headers: { location: `${path}x` } }),
    passes: false,
    reason: 'status',
  },
  { name: 'a redirect to itself', site: { status: 307, headers: { location: '/' } }, passes: false, reason: 'status' },
  {
    name: 'a redirect to where nobody is',
    site: { status: 302, headers: { location: 'http://127.0.0.1:1/' } },
    passes: false,
    reason: 'refused',
  },
  { name: 'a redirect without a place', site: { status: 302 }, passes: false, reason: 'status' },
  {
    name: 'a redirect to something else',
    site: { status: 302, headers: { location: 'ftp://127.0.0.1/' } },
    passes: false,
    reason: 'redirects',
  },
  {
    name: 'a cookie on the way',
    site: ({ path, headers }) =>
      path === '/'
        ? { status: 302, headers: { location: '/in', 'set-cookie': 'seen=1' } }
        : { status: headers.cookie === 'seen=1' ? 200 : 403 },
    passes: true,
  },
  {
    name: 'a post that becomes a get',
    site: ({ path, method }) =>
      path === '/' ? { status: 303, headers: { location: '/in' } } : { status: method === 'GET' ? 200 : 405 },
    http: '{ method: POST, body: x }',
    passes: true,
  },
  {
    name: 'a post that stays one',
    site: ({ path, method, body }) =>
      path === '/' ? { status: 308, headers: { location: '/in' } } : { status: method === 'POST' && body === 'x' ? 200 : 405 },
    http: '{ method: POST, body: x }',
    passes: true,
  },
  {
    name: 'a user',
    site: ({ headers }) => ({ status: headers.authorization === 'Basic dXNlcjpwYXNz' ? 200 : 401 }),
    http: 'basic_auth: { username: user, password: pass }',
    passes: true,
  },
  {
    name: 'a user in the target',
    site: ({ headers }) => ({ status: headers.authorization === 'Basic dXNlcjpwYXNz' ? 200 : 401 }),
    target: 'http://user:pass@127.0.0.1:PORT/',
    passes: true,
  },
  {
    name: 'a token',
    site: ({ headers }) => ({ status: headers.authorization === 'Bearer sesame' ? 200 : 401 }),
    http: 'bearer_token: sesame',
    passes: true,
  },
  {
    name: 'another kind of token',
    site: ({ headers }) => ({ status: headers.authorization === 'Token sesame' ? 200 : 401 }),
    http: 'authorization: { type: Token, credentials: sesame }',
    passes: true,
  },
  {
    name: 'a user who is not known',
    site: { status: 401 },
    http: 'basic_auth: { username: user, password: wrong }',
    passes: false,
    reason: 'status',
  },
  {
    name: 'a user on a redirect',
    site: ({ path, headers }) =>
      path === '/' ? { status: 302, headers: { location: '/in' } } : { status: headers.authorization ? 200 : 401 },
    http: 'basic_auth: { username: user, password: pass }',
    passes: true,
  },
  { name: 'no TLS, which there must be', site: {}, http: 'fail_if_not_ssl: true', passes: false, reason: 'tls' },
  { name: 'a version that there is', site: {}, http: 'valid_http_versions: [HTTP/1.1]', passes: true },
  { name: 'a version that there is not', site: {}, http: 'valid_http_versions: [HTTP/2.0]', passes: false, reason: 'protocol' },
  { name: 'a name that there is not', site: {}, target: 'http://nowhere.invalid/', passes: false, reason: 'dns' },
  {
    name: 'an address of the wrong kind',
    site: {},
    http: '{ preferred_ip_protocol: ip6, ip_protocol_fallback: false }',
    passes: false,
    reason: 'dns',
  },
  { name: 'a port where nobody is', site: {}, target: 'http://127.0.0.1:1/', passes: false, reason: 'refused' },
  { name: 'a target that is no URL', site: {}, target: 'http://127.0.0.1:bad/', passes: false },
  { name: 'TLS', site: { body: text }, tls: 'good', target: https, http: secure, passes: true },
  {
    name: 'TLS, which there must not be',
    site: {},
    tls: 'good',
    target: https,
    http: `{ ${secure}, fail_if_ssl: true }`,
    passes: false,
    reason: 'tls',
  },
  {
    name: 'TLS at an address of the certificate',
    site: {},
    tls: 'good',
    target: 'https://127.0.0.1:PORT/',
    http: secure,
    passes: true,
  },
  {
    name: 'TLS with the name of the host header',
    site: {},
    tls: 'good',
    target: 'https://127.0.0.2:PORT/',
    http: `{ ${secure}, headers: { Host: localhost } }`,
    passes: false,
    reason: 'refused',
  },
  {
    name: 'TLS with another name',
    site: {},
    tls: 'other-name',
    target: https,
    http: 'tls_config: { ca_file: CA, server_name: shop.test }',
    passes: true,
  },
  {
    name: 'TLS with the name of a parameter',
    site: {},
    tls: 'other-name',
    target: https,
    http: secure,
    hostname: 'shop.test',
    passes: true,
  },
  {
    name: 'a certificate for another name',
    site: {},
    tls: 'other-name',
    target: https,
    http: secure,
    passes: false,
    reason: 'tls-name',
  },
  {
    name: 'a certificate that has ended',
    site: {},
    tls: 'expired',
    target: https,
    http: secure,
    passes: false,
    reason: 'tls-expired',
  },
  {
    name: 'a certificate of nobody',
    site: {},
    tls: 'self-signed',
    target: https,
    http: secure,
    passes: false,
    reason: 'tls-self-signed',
  },
  { name: 'an authority that is not known', site: {}, tls: 'good', target: https, passes: false, reason: 'tls-incomplete-chain' },
  {
    name: 'a certificate that is not looked at',
    site: {},
    tls: 'expired',
    target: https,
    http: 'tls_config: { insecure_skip_verify: true }',
    passes: true,
  },
  { name: 'no TLS where it is asked for', site: {}, target: 'https://127.0.0.1:PORT/', passes: false, reason: 'tls' },
  { name: 'TLS where it is not asked for', site: {}, tls: 'good', target: 'http://127.0.0.1:PORT/', passes: false },
  {
    name: 'TLS that is too old',
    site: {},
    tls: 'good',
    target: https,
    http: 'tls_config: { ca_file: CA, min_version: TLS13 }',
    passes: true,
  },
  {
    name: 'an authority in a file that is not there',
    site: {},
    tls: 'good',
    target: https,
    http: 'tls_config: { ca_file: /nowhere/ca.pem }',
    passes: false,
    reason: 'unreadable',
  },
  { name: 'silence', site: () => undefined, passes: false, reason: 'timeout', seconds: 1.5 },
  {
    name: 'a page that breaks off',
    site: { raw: 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello' },
    passes: false,
    reason: 'reset',
  },
  {
    name: 'a page that never ends',
    site: { raw: 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello', open: true },
    passes: false,
    reason: 'timeout',
    seconds: 1.5,
  },
  {
    name: 'a head that never ends',
    site: { raw: 'HTTP/1.1 200 OK\r\nContent-', open: true },
    passes: false,
    reason: 'timeout',
    seconds: 1.5,
  },
  { name: 'a page that ends with its connection', site: { raw: 'HTTP/1.0 200 OK\r\n\r\nhello' }, passes: true },
  {
    name: 'a page in chunks',
    site: { raw: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n' },
    passes: true,
  },
  {
    name: 'a chunk that breaks off',
    site: { raw: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe' },
    passes: false,
    reason: 'reset',
  },
  {
    name: 'a chunk that is none',
    site: { raw: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nhello\r\n0\r\n\r\n' },
    passes: false,
    reason: 'protocol',
  },
  { name: 'a server that says nothing of HTTP', site: { raw: '220 mx ESMTP\r\n' }, passes: false, reason: 'protocol' },
  { name: 'a server that hangs up', site: { raw: '' }, passes: false, reason: 'reset' },
  {
    name: 'a redirect that breaks off',
    site: { raw: 'HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 100\r\n\r\nhello' },
    passes: false,
    reason: 'refused',
  },
  {
    name: 'a page of HTTP/2',
    site: { body: text },
    tls: 'good',
    http2: true,
    target: https,
    http: `{ ${secure}, valid_http_versions: [HTTP/2.0], fail_if_body_not_matches_regexp: [hello] }`,
    passes: true,
  },
  {
    name: 'a page of HTTP/2 without a body',
    site: { status: 404 },
    tls: 'good',
    http2: true,
    target: https,
    http: secure,
    passes: false,
    reason: 'status',
  },
  {
    name: 'a page of HTTP/2 where that is not wanted',
    site: { body: text },
    tls: 'good',
    http2: true,
    target: https,
    http: `{ ${secure}, enable_http2: false }`,
    passes: true,
  },
]

/** The server of a case. */
export async function httpCaseServer({ site, http2, tls }: HttpCase, certificates: ShopCertificates): Promise<Listening> {
  const secret = tls && certificates.of[tls]
  if ('raw' in site) {
    return tcpServer(socket => {
      socket.once('data', () => void (site.open ? socket.write(site.raw) : socket.end(site.raw)))
    })
  }
  return http2 && secret ? http2Server(site, secret) : webServer(site, secret)
}

/** A page of HTTP/2, or of HTTP/1.1 to whoever wants it. */
async function http2Server(site: Site, tls: WebTls): Promise<Listening> {
  const { status = 200, body = '' } = typeof site === 'function' ? {} : site
  const server = createSecureServer({ ...tls, allowHTTP1: true }, (_, response) => void response.writeHead(status).end(body))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', () => resolve()))
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.close()
    },
  }
}

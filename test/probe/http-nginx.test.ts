import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Json } from '../../src/lib/core/json.ts'
import http from '../../src/lib/probe/checks/http.ts'
import { TestAuthority } from '../helpers/certificates.ts'
import { freePort } from '../helpers/free-port.ts'
import { findProgram, needs } from '../helpers/needs.ts'
import { poll } from '../helpers/poll.ts'
import { type TempDir, tempDir } from '../helpers/temp-dir.ts'
import { checkPlace } from './check-place.ts'

const configuration = ({ directory, port, tlsPort, cert, key }: Record<string, string | number>) => `
daemon off; worker_processes 1; pid ${directory}/pid; error_log ${directory}/error.log;
events {}
http {
  access_log off; default_type text/plain; keepalive_requests 3; gzip_min_length 1; gzip_types *;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(kind => `${kind}_temp_path ${directory}/${kind};`).join(' ')}
  server {
    listen 127.0.0.1:${port};
    location / { return 200 "shop is open\\n"; }
    location /files/ { alias ${directory}/files/; gzip on; }
    location /moved { return 301 /files/page.txt; }
    location /gone { return 410; }
    location /hangs-up { return 444; }
    location /private/ { auth_basic "ops"; auth_basic_user_file ${directory}/users; alias ${directory}/files/; }
    location /upload { client_max_body_size 1k; proxy_pass http://127.0.0.1:${port}/; }
  }
  server {
    listen 127.0.0.1:${tlsPort} ssl http2; ssl_certificate ${cert}; ssl_certificate_key ${key};
    location / { return 200 "shop is open\\n"; }
  }
}
`

describe.skipIf(!needs('nginx', 'openssl'))('nginx', () => {
  let dir: TempDir
  let server: Bun.Subprocess
  let port: number
  let tlsPort: number
  let ca: string
  const page = 'a line of the page\n'.repeat(20_000)

  beforeAll(async () => {
    dir = await tempDir()
    const directory = dir.path
    ;[port, tlsPort] = [await freePort(), await freePort()]
    const authority = await TestAuthority.root(directory, { name: 'shop root', key: 'ec:P-256' })
    const { cert, key } = await authority.issue({ name: 'shop', names: ['IP:127.0.0.1'], key: 'ec:P-256' })
    ca = authority.cert
    await mkdir(join(directory, 'files'))
    await writeFile(join(directory, 'files/page.txt'), page)
    await writeFile(join(directory, 'users'), 'ops:{PLAIN}open-sesame\n')
    // The worker may run as another user.
    Bun.spawnSync(['chmod', '-R', 'a+rX', directory])
    await writeFile(join(directory, 'nginx.conf'), configuration({ directory, port, tlsPort, cert, key }))
    server = Bun.spawn([findProgram('nginx') ?? '', '-c', join(directory, 'nginx.conf')], { stdout: 'ignore', stderr: 'ignore' })
    await poll('nginx answers', 20_000, async () => (await look('/')).verdict === 'pass')
  }, 120_000)
  afterAll(async () => {
    server.kill()
    await server.exited
    await dir[Symbol.asyncDispose]()
  })

  const look = (
    path: string,
    config: Readonly<Record<string, Json>> = {},
    place = checkPlace({ secrets: { PASSWORD: 'open-sesame' } }),
  ) => http.build({ endpoint: `http://127.0.0.1:${port}${path}`, ...config }).run(place)

  test('serves a page, packed or not', async () => {
    for (const compression of ['none', 'gzip']) {
      const packed = {
        type: 'header',
        name: 'content-encoding',
        ...(compression === 'none' ? { present: false } : { equals: 'gzip' }),
      }
      const dimensions = [packed, { type: 'body', contains: 'line of the page', min_bytes: page.length, max_bytes: page.length }]
      expect(await look('/files/page.txt', { compression, dimensions })).toMatchObject({ verdict: 'pass' })
    }
  }, 60_000)

  const credentials = { auth: { basic: { user: 'ops', password: { env: 'PASSWORD' } } } }
  const cases: readonly (readonly [string, string, Readonly<Record<string, Json>>, object])[] = [
    ['follows a redirect', '/moved', {}, { verdict: 'pass' }],
    ['judges a redirect that is not followed', '/moved', { redirects: 0 }, { reason: 'status' }],
    ['is told that a page is gone', '/gone', {}, { reason: 'status', message: 'status 410, not 2xx' }],
    ['is hung up on', '/hangs-up', {}, { reason: 'reset' }],
    ['is refused without credentials', '/private/page.txt', {}, { message: 'status 401, not 2xx' }],
    ['is let in with credentials', '/private/page.txt', credentials, { verdict: 'pass' }],
    ['may not send too much', '/upload', { method: 'POST', body: 'x'.repeat(100_000) }, { message: 'status 413, not 2xx' }],
    ['may send a little', '/upload', { method: 'POST', body: 'x'.repeat(500) }, { verdict: 'pass' }],
    ['expects no body of HEAD', '/files/page.txt', { method: 'HEAD' }, { verdict: 'pass' }],
  ]
  for (const [name, path, config, expected] of cases) {
    test(`a look ${name}`, async () => {
      expect(await look(path, config)).toMatchObject(expected)
    }, 60_000)
  }

  test('that ends a kept connection after some requests is asked on a fresh one', async () => {
    const place = checkPlace()
    const connected: boolean[] = []
    for (let round = 0; round < 9; round++) {
      const result = await look('/', { keep_alive: true }, place)
      expect(result).toMatchObject({ verdict: 'pass' })
      connected.push(result.metrics?.['connect_seconds'] !== undefined)
    }
    expect(connected.filter(Boolean)).toHaveLength(3)
  }, 60_000)

  test('speaks HTTP/2 where it is asked to', async () => {
    for (const [version, spoken] of [
      ['2', '2'],
      ['any', '2'],
      ['1.1', '1.1'],
    ]) {
      const dimensions = [
        { type: 'http_version', expect: spoken ?? '' },
        { type: 'body', contains: 'open' },
      ]
      const config = { endpoint: `https://127.0.0.1:${tlsPort}/`, ca, version: version ?? '', dimensions }
      expect(await look('/', config)).toMatchObject({ verdict: 'pass' })
    }
  }, 60_000)
})

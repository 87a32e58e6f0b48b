import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { CheckPlace, CheckResult } from '../../../src/lib/core/check.ts'
import { hostNamed } from '../../../src/lib/core/host.ts'
import type { Json } from '../../../src/lib/core/json.ts'
import { systemClock } from '../../../src/lib/io/system-clock.ts'
import tls from '../../../src/lib/probe/checks/tls.ts'
import { SharedThings } from '../../../src/lib/run/shared-things.ts'
import { chainOf, type Issued, TestAuthority } from '../../helpers/certificates.ts'
import { deadlineGraceMs } from '../../helpers/deadline-grace.ts'
import { startFleet } from '../../helpers/fleet.ts'
import { needs } from '../../helpers/needs.ts'
import { type TempDir, tempDir } from '../../helpers/temp-dir.ts'
import { type Listening, nginxServer, opensslServer, tcpServer } from '../../helpers/tls-server.ts'
import { scripted, willing } from '../../net/starttls/starttls-servers.ts'
import { fullHost } from '../../plan/step-host.ts'
import { fleetPool } from '../../transport/fleet-pool.ts'

// Wants calm: looks may take 100 ms more than their deadline.

const long = 120_000
const place: CheckPlace = { transport: fullHost(), clock: systemClock, signal: new AbortController().signal }
const look = (config: Record<string, Json>, more: Partial<CheckPlace> = {}): Promise<CheckResult> =>
  tls.build(config).run({ ...place, ...more })
const of = ({ judgements }: CheckResult, dimension: string) => judgements?.find(each => each.dimension === dimension)

describe.skipIf(!needs('openssl'))('the check tls', () => {
  let directory: TempDir
  let root: TestAuthority
  let shop: Issued
  let server: Listening
  beforeAll(async () => {
    directory = await tempDir()
    root = await TestAuthority.root(directory.path, { name: 'Example Root', key: 'ec:P-256' })
    shop = await root.issue({ name: 'shop.test', key: 'ec:P-256', names: ['DNS:shop.test'], until: 10.5 })
    server = await opensslServer(['-cert', shop.cert, '-key', shop.key])
  }, long)
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]()
    await directory?.[Symbol.asyncDispose]()
  })
  const asked = ({ port }: Listening, more: Record<string, Json> = {}): Record<string, Json> => ({
    endpoint: `tls://127.0.0.1:${port}`,
    server_name: 'shop.test',
    ca: root.cert,
    ...more,
  })

  test(
    'judges the certificate and its end, and shows the chain with fingerprints',
    async () => {
      const result = await look(asked(server))
      expect(result).toMatchObject({ verdict: 'warn', reason: 'expiring' })
      expect(of(result, 'certificate')).toMatchObject({
        verdict: 'pass',
        message: 'the certificate of CN=shop.test is accepted',
        data: { protocol: 'TLSv1.3', chain: [{ subject: 'CN=shop.test', names: ['shop.test'] }, { subject: 'CN=Example Root' }] },
      })
      expect(of(result, 'cert_expiry')).toMatchObject({ message: 'the certificate is valid for 10 days more, fewer than 14' })
      expect(of(result, 'reachability')).toMatchObject({ verdict: 'pass', message: 'answers at 127.0.0.1' })
      expect(Object.keys(result.metrics ?? {})).toEqual(['connect_seconds', 'tls_seconds', 'total_seconds'])
      expect(result.evidence).toMatch(/certificate CN=shop\.test, by CN=Example Root, EC P-256, until .*, SHA-256 [0-9a-f]{64}\n/)
    },
    long,
  )

  test(
    'tells everything that is wrong, and the end of a certificate that is not accepted',
    async () => {
      const old = await root.issue({ name: 'old.test', key: 'ec:P-256', names: ['DNS:old.test'], from: -30, until: -2.5 })
      await using bad = await opensslServer(['-cert', old.cert, '-key', old.key])
      const result = await look(asked(bad))
      expect(of(result, 'certificate')).toMatchObject({
        verdict: 'fail',
        reason: 'tls-expired',
        message: expect.stringMatching(
          /^the certificate of CN=old.test expired at .*, and the certificate is for old.test, not for shop.test$/,
        ),
      })
      expect(of(result, 'cert_expiry')).toMatchObject({
        verdict: 'fail',
        reason: 'tls-expired',
        message: 'the certificate expired 2 days ago',
        metrics: { days_left: expect.closeTo(-2.5, 1) },
      })
    },
    long,
  )

  test.each([
    [{ at_least: 1.3 }, 'pass', undefined],
    [{ at_most: '1.2' }, 'fail', 'tls-protocol'],
    [{ at_least: 'TLSv1.2', at_most: 'TLS 1.3' }, 'pass', undefined],
  ] as const)(
    'judges the version by %j: %s',
    async (limits, verdict, reason) => {
      const result = await look(asked(server, { dimensions: [{ type: 'tls_version', ...limits }] }))
      expect(result.judgements).toEqual([
        expect.objectContaining({
          verdict,
          message: expect.stringMatching(/^speaks TLSv1.3 with TLS_\w+/),
          ...(reason && { reason }),
        }),
      ])
    },
    long,
  )

  test('refuses what is no version and no endpoint', () => {
    expect(() => tls.build({ endpoint: 'tls://shop.test', min_version: '1.4' })).toThrow('is not a version of TLS')
    expect(() => tls.build({ endpoint: 'shop.test:443' })).toThrow('is not of the form tls://host:port')
    expect(tls.build({ endpoint: 'tls://[::1]:8443' }).title).toBe('tls://[::1]:8443 has a good certificate')
  })

  test(
    'asks over a protocol that goes over to TLS',
    async () => {
      await using front = await scripted(willing.postgres, server.port)
      const result = await look(asked(front, { starttls: 'postgres' }))
      expect(of(result, 'certificate')).toMatchObject({ verdict: 'pass' })
      expect(result.metrics).toHaveProperty('wait_seconds')
      await using closed = await tcpServer(socket => void socket.once('data', () => socket.end('N')))
      expect(await look(asked(closed, { starttls: 'postgres' }))).toMatchObject({
        verdict: 'fail',
        reason: 'tls',
        message: 'the server does not go over to TLS: it has no TLS',
      })
    },
    long,
  )

  test(
    'a server that wants our certificate is told, and satisfied with one',
    async () => {
      for (const version of ['-tls1_2', '-tls1_3']) {
        await using strict = await opensslServer([
          version,
          '-cert',
          shop.cert,
          '-key',
          shop.key,
          '-Verify',
          '1',
          '-CAfile',
          root.cert,
        ])
        expect(await look(asked(strict))).toMatchObject({ verdict: 'fail', reason: 'tls-client' })
        const ours = await root.issue({ name: `monitor${version}`, key: 'ec:P-256' })
        const result = await look(asked(strict, { cert: ours.cert, key: ours.key, dimensions: [{ type: 'reachability' }] }))
        expect(result).toMatchObject({ verdict: 'pass' })
      }
    },
    long,
  )

  test(
    'what a server says to our goodbye is no failure',
    async () => {
      await using quiet = await opensslServer(['-cert', shop.cert, '-key', shop.key, '-num_tickets', '0'])
      await using rude = await tcpServer(socket => {
        const below = connect({ host: '127.0.0.1', port: quiet.port })
        below.on('error', () => socket.destroy())
        below.pipe(socket, { end: false })
        socket.on('data', (chunk: Buffer) => {
          // The last words of the handshake are a record of type 23; what comes after is our goodbye.
          const isOver = chunk.includes(Buffer.of(23, 3, 3))
          if (isOver) socket.end('421 goodbye, without TLS\r\n')
          else below.write(chunk)
        })
      })
      const dimensions = [{ type: 'reachability' }]
      for (const each of [quiet, rude]) expect(await look(asked(each, { dimensions }))).toMatchObject({ verdict: 'pass' })
    },
    long,
  )

  test(
    'revocation lists are read from files, and what they do not say is no pass',
    async () => {
      const gone = await root.issue({ name: 'gone.test', key: 'ec:P-256', names: ['DNS:shop.test'] })
      await root.revoke(gone)
      const crl = join(directory.path, 'list.pem')
      await writeFile(crl, await root.crl())
      await using revoked = await opensslServer(['-cert', gone.cert, '-key', gone.key])
      const dimensions = [{ type: 'certificate' }]
      expect(await look(asked(revoked, { crl, dimensions }))).toMatchObject({ verdict: 'fail', reason: 'tls-revoked' })
      expect(await look(asked(server, { crl: [crl], dimensions }))).toMatchObject({ verdict: 'pass' })
      const other = await TestAuthority.root(directory.path, { name: 'Other Root', key: 'ec:P-256' })
      await writeFile(crl, await other.crl())
      expect(await look(asked(server, { crl, dimensions }))).toMatchObject({ verdict: 'unknown', reason: 'unreadable' })
      expect(await look(asked(server, { crl: '/no/such/list', dimensions }))).toMatchObject({
        reason: 'unreadable',
        message: 'could not read /no/such/list: ENOENT',
      })
    },
    long,
  )

  test(
    'a server that staples that its certificate is revoked is told',
    async () => {
      const gone = await root.issue({ name: 'stapled.test', key: 'ec:P-256', names: ['DNS:shop.test'] })
      await root.revoke(gone)
      await using revoked = await opensslServer(['-cert', gone.cert, '-key', gone.key, '-status_file', root.ocsp(gone)])
      const dimensions = [{ type: 'certificate' }]
      const result = await look(asked(revoked, { dimensions }))
      expect(result).toMatchObject({ verdict: 'fail', reason: 'tls-revoked', judgements: [{ data: { ocsp: 'revoked' } }] })
      expect(await look(asked(revoked, { dimensions, ocsp: 'ignore' }))).toMatchObject({ verdict: 'pass' })
    },
    long,
  )

  test(
    'a server that serves one connection only is judged by it',
    async () => {
      const { port } = server
      let connections = 0
      await using once = await tcpServer(socket => {
        if (connections++ > 0) return
        const below = connect({ host: '127.0.0.1', port })
        below.on('error', () => socket.destroy())
        socket.pipe(below).pipe(socket)
      })
      const begun = performance.now()
      expect(of(await look(asked(once, { timeout: '1s' })), 'certificate')).toMatchObject({ verdict: 'pass' })
      expect(performance.now() - begun).toBeLessThan(1000 + deadlineGraceMs)
    },
    long,
  )

  test.skipIf(!needs('nginx'))(
    'nginx is judged as it is set up: key, version and staple',
    async () => {
      const rsa = await root.issue({ name: 'rsa.shop.test', key: 'rsa:2048', names: ['DNS:shop.test'] })
      await using nginx = await nginxServer(directory.path, [
        `ssl_certificate ${rsa.cert}; ssl_certificate_key ${rsa.key}; ssl_protocols TLSv1.2;`,
        `ssl_certificate ${shop.cert}; ssl_certificate_key ${shop.key}; ssl_protocols TLSv1.3; ssl_stapling on; ssl_stapling_file ${root.ocsp(shop)};`,
        `ssl_certificate ${shop.cert}; ssl_certificate_key ${shop.key}; ssl_protocols TLSv1.1; ssl_ciphers ALL:@SECLEVEL=0;`,
        `ssl_certificate ${shop.cert}; ssl_certificate_key ${shop.key}; ssl_verify_client on; ssl_client_certificate ${root.cert};`,
      ])
      const [plain, stapling, old, strict] = nginx.ports.map(port =>
        asked({ ...server, port }, { dimensions: [{ type: 'certificate' }] }),
      )
      const data = async (config = {}) => (await look(config)).judgements?.[0]?.data
      expect(await data(plain)).toMatchObject({ protocol: 'TLSv1.2', chain: [{ key: 'RSA 2048' }, {}], problems: [] })
      expect(await data(stapling)).toMatchObject({ protocol: 'TLSv1.3', chain: [{ key: 'EC P-256' }, {}], ocsp: 'good' })
      expect(await look({ ...old })).toMatchObject({ verdict: 'fail', reason: 'tls-protocol' })
      expect(await data({ ...old, min_version: '1.1' })).toMatchObject({ protocol: 'TLSv1.1' })
      // nginx accepts everybody, and says in HTTP that it wants a certificate.
      expect(await look({ ...strict })).toMatchObject({ verdict: 'pass' })
    },
    long,
  )

  test(
    'many looks at once go through the slots of a run',
    async () => {
      await using shared = new SharedThings()
      const results = await Promise.all(Array.from({ length: 60 }, () => look(asked(server, { timeout: '60s' }), { shared })))
      expect(results.map(({ verdict }) => verdict)).toEqual(results.map(() => 'warn'))
    },
    long,
  )

  describe('of a hostile server', () => {
    const timeoutMs = 400
    const timeout = `${timeoutMs}ms`
    const ends = async (port: number, more: Record<string, Json> = {}) => {
      const begun = performance.now()
      const result = await look({ endpoint: `tls://127.0.0.1:${port}`, timeout, ...more })
      expect(performance.now() - begun).toBeLessThan(timeoutMs + deadlineGraceMs)
      return result
    }

    test('silence ends with the time of the look', async () => {
      await using silent = await tcpServer(() => undefined)
      expect(await ends(silent.port)).toMatchObject({
        verdict: 'fail',
        reason: 'timeout',
        message: 'the handshake was not done within 400 ms',
      })
      expect(await ends(silent.port, { starttls: 'smtp' })).toMatchObject({ reason: 'timeout' })
    })

    test('bytes that trickle end with the time of the look', async () => {
      await using slow = await tcpServer(socket => {
        socket.once('data', () => {
          const head = Buffer.from([22, 3, 3, 0x3f, 0xff, 2, 0, 0x3f, 0xfb])
          let at = 0
          const more = (): void => {
            if (socket.destroyed) return
            socket.write(at < head.length ? head.subarray(at, at + 1) : Buffer.of(0))
            at++
            systemClock.timer(20, more)
          }
          more()
        })
      })
      expect(await ends(slow.port)).toMatchObject({ reason: 'timeout' })
    })

    test('garbage, an alert and a reset are told at once', async () => {
      const garbage = Buffer.alloc(1 << 20, 'GET / HTTP/1.1\r\n')
      await using noise = await tcpServer(socket => void socket.once('data', () => socket.write(garbage)))
      expect(await ends(noise.port)).toMatchObject({ verdict: 'fail', reason: 'tls' })
      await using alert = await tcpServer(socket => void socket.once('data', () => socket.end(Buffer.of(21, 3, 3, 0, 2, 2, 80))))
      expect(await ends(alert.port)).toMatchObject({ reason: 'tls', message: 'internal error' })
      await using reset = await tcpServer(socket => void socket.once('data', () => socket.resetAndDestroy()))
      expect(await ends(reset.port)).toMatchObject({ reason: 'reset' })
    })

    test(
      'a chain of a megabyte is refused',
      async () => {
        const text = await chainOf(shop)
        const file = join(directory.path, 'huge.pem')
        await writeFile(file, text.repeat(Math.ceil((1 << 20) / 450)))
        await using huge = await opensslServer(['-cert', shop.cert, '-key', shop.key, '-cert_chain', file])
        expect(await look(asked(huge))).toMatchObject({ verdict: 'fail', reason: 'too-large' })
      },
      long,
    )
  })
})

const overSsh = needs('openssl', 'sshd', 'ssh-keygen')

test.skipIf(!overSsh)(
  'a server that only a host reaches is looked at through it',
  async () => {
    await using directory = await tempDir()
    const root = await TestAuthority.root(directory.path, { name: 'Host Root', key: 'ec:P-256' })
    const shop = await root.issue({ name: 'shop.test', key: 'ec:P-256', names: ['DNS:shop.test'] })
    await using server = await opensslServer(['-cert', shop.cert, '-key', shop.key, '-status_file', root.ocsp(shop)])
    const fleet = await startFleet()
    try {
      await using pool = fleetPool(fleet)
      const transport = await pool.connect(hostNamed('127.0.1.1'), { signal: place.signal })
      const config = { endpoint: `tls://127.0.0.1:${server.port}`, server_name: 'shop.test', ca: root.cert }
      const result = await look(config, { transport, from: 'host' })
      expect(result.verdict).toBe('pass')
      expect(of(result, 'certificate')).toMatchObject({ data: { protocol: 'TLSv1.3', ocsp: 'good', problems: [] } })
      expect(of(result, 'reachability')).toMatchObject({ message: 'answers' })
    } finally {
      await fleet.stop()
    }
  },
  long,
)

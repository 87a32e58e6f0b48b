import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import fc from 'fast-check'
import { DerError } from '../../../src/lib/net/tls/der.ts'
import { ClientHello } from '../../../src/lib/net/tls/staple/client-hello.ts'
import { judgeStaple } from '../../../src/lib/net/tls/staple/judge-staple.ts'
import { ocspVerdict } from '../../../src/lib/net/tls/staple/ocsp-answer.ts'
import { readStaple } from '../../../src/lib/net/tls/staple/read-staple.ts'
import { ServerFlight } from '../../../src/lib/net/tls/staple/server-flight.ts'
import type { TlsSeen } from '../../../src/lib/net/tls-seen.ts'
import { type Issued, TestAuthority } from '../../helpers/certificates.ts'
import { needs } from '../../helpers/needs.ts'
import { type TempDir, tempDir } from '../../helpers/temp-dir.ts'
import { type Listening, opensslServer, tcpServer, tcpTo } from '../../helpers/tls-server.ts'

const long = 120_000
const { signal } = new AbortController()
const seen: TlsSeen = { protocol: 'TLSv1.3', cipher: 'TLS_AES_128_GCM_SHA256', chain: [], problems: [] }

describe.skipIf(!needs('openssl'))('a stapled OCSP answer', () => {
  let directory: TempDir
  let authority: TestAuthority
  let shop: Issued
  let gone: Issued
  let issuer: X509Certificate
  const certificate = async ({ cert }: Issued) => new X509Certificate(await readFile(cert))
  beforeAll(async () => {
    directory = await tempDir()
    authority = await TestAuthority.root(directory.path, { name: 'Staple Root', key: 'ec:P-256' })
    shop = await authority.issue({ name: 'shop.test', key: 'ec:P-256', names: ['DNS:shop.test'] })
    gone = await authority.issue({ name: 'gone.test', key: 'rsa:2048', names: ['DNS:gone.test'] })
    await authority.revoke(gone)
    issuer = await certificate(authority)
  }, long)
  afterAll(() => directory?.[Symbol.asyncDispose]())

  const stapling = (issued: Issued, ...args: string[]) =>
    opensslServer(['-cert', issued.cert, '-key', issued.key, '-status_file', authority.ocsp(issued), ...args])
  const read = async ({ port }: Listening, serverName = 'shop.test') => readStaple(await tcpTo(port), { serverName, signal })
  const judge = async (issued: Issued, server: Listening, nowMs = Date.now()): Promise<TlsSeen> =>
    judgeStaple(seen, { staple: await read(server), path: [await certificate(issued), issuer], nowMs })

  test.each([
    [['-tls1_3']],
    [['-tls1_3', '-ciphersuites', 'TLS_AES_256_GCM_SHA384']],
    [['-tls1_3', '-groups', 'P-256']],
    [['-tls1_3', '-Verify', '1']],
    [['-tls1_2']],
    [['-tls1_2', '-cipher', 'ECDHE-ECDSA-AES256-GCM-SHA384']],
  ])(
    'is read from a server with %j',
    async args => {
      await using server = await stapling(shop, ...args)
      expect(await judge(shop, server)).toMatchObject({ ocsp: 'good', problems: [] })
    },
    long,
  )

  test(
    'that says revoked makes the certificate a revoked one, of every version',
    async () => {
      for (const version of ['-tls1_3', '-tls1_2']) {
        await using server = await stapling(gone, version)
        expect(await judge(gone, server)).toMatchObject({
          ocsp: 'revoked',
          problems: [
            { reason: 'tls-revoked', message: expect.stringMatching(/^the certificate of CN=gone.test was revoked at \d{4}-/) },
          ],
        })
      }
    },
    long,
  )

  test(
    'that is old, of another certificate or of a stranger says nothing good',
    async () => {
      await using server = await stapling(shop)
      expect(await judge(shop, server, Date.now() + 3 * 86_400_000)).toMatchObject({ ocsp: 'stale', problems: [] })
      expect(await judge(gone, server)).toEqual(seen)
      const response = await readFile(authority.ocsp(shop))
      const question = { certificate: await certificate(gone), issuer, nowMs: Date.now() }
      expect(ocspVerdict(response, question)).toEqual({ status: 'unknown' })
      const impostor = await TestAuthority.root(directory.path, { name: 'Impostor', key: 'ec:P-256' })
      const forged = { ...question, certificate: await certificate(shop), issuer: await certificate(impostor) }
      expect(ocspVerdict(response, forged)).toEqual({ status: 'unknown' })
    },
    long,
  )

  test(
    'counts when it is signed by whom the authority lets answer, and by nobody else',
    async () => {
      const question = { certificate: await certificate(shop), issuer, nowMs: Date.now() }
      const helper = await authority.issue({ name: 'ocsp', key: 'ec:P-256', extensions: ['extendedKeyUsage=OCSPSigning'] })
      const other = await authority.issue({ name: 'web', key: 'ec:P-256', extensions: ['extendedKeyUsage=serverAuth'] })
      const signedBy = ({ cert, key }: Issued) => readFile(authority.ocsp(shop, ['-ndays', '1', '-rsigner', cert, '-rkey', key]))
      expect(ocspVerdict(await signedBy(helper), question)).toEqual({ status: 'good' })
      expect(ocspVerdict(await signedBy(other), question)).toEqual({ status: 'unknown' })
    },
    long,
  )

  test(
    'that is missing is told only of a certificate that must come with one',
    async () => {
      const strict = await authority.issue({ name: 'must.test', key: 'ec:P-256', extensions: ['tlsfeature=status_request'] })
      await using plain = await opensslServer(['-cert', shop.cert, '-key', shop.key])
      expect(await judge(shop, plain)).toEqual(seen)
      await using bad = await opensslServer(['-cert', strict.cert, '-key', strict.key])
      expect((await judge(strict, bad)).problems).toEqual([
        { reason: 'unreadable', message: expect.stringContaining('it must come with a good OCSP answer') },
      ])
    },
    long,
  )

  test(
    'of any other bytes is an answer that says nothing',
    async () => {
      const response = await readFile(authority.ocsp(shop))
      const question = { certificate: await certificate(shop), issuer, nowMs: Date.now() }
      expect(ocspVerdict(response, question).status).toBe('good')
      const change = fc.tuple(fc.nat(response.length - 1), fc.integer({ min: 1, max: 255 }))
      fc.assert(
        fc.property(change, fc.nat(response.length), ([at, bits], length) => {
          expect(ocspVerdict(response.subarray(0, length - 1), question).status).toBe('unknown')
          const changed = Buffer.from(response)
          changed[at] = (changed[at] ?? 0) ^ bits
          // What is not signed, such as an attached certificate that is not needed, may differ.
          expect(['unknown', 'good']).toContain(ocspVerdict(changed, question).status)
        }),
        { numRuns: 300 },
      )
    },
    long,
  )

  test('is not waited for where a server says something else, or goes away', async () => {
    for (const said of ['HTTP/1.1 400 Bad Request\r\n\r\n', '', '\x15\x03\x03\0\x02\x02\x28', '\x16\x03\x03\xff\xff']) {
      await using server = await tcpServer(socket => void socket.once('data', () => socket.end(Buffer.from(said, 'latin1'))))
      expect(await read(server)).toBeUndefined()
    }
    await using silent = await tcpServer(() => undefined)
    const controller = new AbortController()
    const waiting = readStaple(await tcpTo(silent.port), { serverName: 'shop.test', signal: controller.signal })
    controller.abort(new Error('time is over'))
    await expect(waiting).rejects.toThrow('time is over')
  })
})

test('a flight of any bytes ends in an answer or a refusal, whatever the pieces', () => {
  const record = fc
    .record({ type: fc.constantFrom(20, 21, 22, 23), body: fc.uint8Array({ maxLength: 80 }) })
    .map(({ type, body }) => Buffer.concat([Buffer.of(type, 3, 3, 0, body.length), body]))
  const message = fc
    .record({ kind: fc.constantFrom(2, 8, 11, 12, 14, 22), body: fc.uint8Array({ maxLength: 70 }) })
    .map(({ kind, body }) => Buffer.concat([Buffer.of(22, 3, 3, 0, body.length + 4, kind, 0, 0, body.length), body]))
  fc.assert(
    fc.property(fc.array(fc.oneof(record, message), { maxLength: 6 }), fc.integer({ min: 1, max: 50 }), (records, size) => {
      const flight = new ServerFlight(hello)
      const bytes = Buffer.concat(records)
      try {
        for (let at = 0; at < bytes.length; at += size) if (flight.take(bytes.subarray(at, at + size))) return
      } catch (error) {
        expect(error).toBeInstanceOf(DerError)
      }
    }),
    { numRuns: 1000 },
  )
})
const hello = new ClientHello('shop.test')

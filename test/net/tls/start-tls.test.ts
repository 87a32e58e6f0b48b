import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock } from '../../../src/lib/io/system-clock.ts'
import { NetError } from '../../../src/lib/net/net-error.ts'
import { type StartTls, startTls } from '../../../src/lib/net/tls/start-tls.ts'
import { tlsFailure } from '../../../src/lib/net/tls/tls-failure.ts'
import { Semaphore } from '../../../src/lib/run/semaphore.ts'
import { chainOf, type Issued, TestAuthority } from '../../helpers/certificates.ts'
import { deadlineGraceMs } from '../../helpers/deadline-grace.ts'
import { needs } from '../../helpers/needs.ts'
import { type TempDir, tempDir } from '../../helpers/temp-dir.ts'
import { type Listening, NoSocket, opensslServer, tcpServer, tcpTo } from '../../helpers/tls-server.ts'

// Wants calm: it may take 100 ms more than its signal.

const long = 120_000
const { signal } = new AbortController()

describe.skipIf(!needs('openssl'))('TLS over an open stream', () => {
  let directory: TempDir
  let root: TestAuthority
  let shopCa: TestAuthority
  let shop: Issued
  let ca: string
  beforeAll(async () => {
    directory = await tempDir()
    root = await TestAuthority.root(directory.path, { name: 'Example Root', key: 'ec:P-256' })
    shopCa = await root.below({ name: 'Example Shop CA', key: 'ec:P-256' })
    shop = await shopCa.issue({
      name: 'shop.test',
      key: 'ec:P-256',
      names: ['DNS:shop.test', 'DNS:*.eu.shop.test', 'IP:127.0.0.1'],
    })
    ca = await readFile(root.cert, 'utf8')
  }, long)
  afterAll(() => directory[Symbol.asyncDispose]())

  const serving = (...args: string[]) =>
    opensslServer(['-cert', shop.cert, '-key', shop.key, '-cert_chain', shopCa.cert, ...args])
  const options = (more: Partial<StartTls> = {}): StartTls => ({
    serverName: 'shop.test',
    ca,
    signal,
    clock: systemClock,
    ...more,
  })
  const start = async ({ port }: Listening, more: Partial<StartTls> = {}) => {
    const { stream, seen } = await startTls(await tcpTo(port), options(more))
    stream.destroy()
    return seen
  }
  const failure = async (server: Listening, more: Partial<StartTls> = {}): Promise<unknown> => {
    const outcome = await start(server, more).catch(error => error)
    expect(outcome).toBeInstanceOf(NetError)
    return { reason: outcome.reason, phase: outcome.phase }
  }

  test(
    'shows what the server is, with the chain up to the authority',
    async () => {
      await using server = await serving('-alpn', 'h2,http/1.1')
      const seen = await start(server, { alpn: ['http/1.1'] })
      expect(seen).toMatchObject({ protocol: 'TLSv1.3', alpn: 'http/1.1', problems: [] })
      expect(seen.chain.map(({ subject }) => subject)).toEqual(['CN=shop.test', 'CN=Example Shop CA', 'CN=Example Root'])
      const [leaf] = seen.chain
      expect(leaf).toMatchObject({
        issuer: 'CN=Example Shop CA',
        names: ['shop.test', '*.eu.shop.test', '127.0.0.1'],
        key: 'EC P-256',
        signature: 'ecdsa-with-SHA256',
      })
      expect(leaf?.fingerprint).toMatch(/^[0-9a-f]{64}$/)
      expect(seen.chainNotAfter).toBe(Math.min(...seen.chain.map(({ notAfter }) => notAfter)))
    },
    long,
  )

  test(
    'works over a stream that is no socket, both ways',
    async () => {
      await using server = await serving('-rev')
      const below = new NoSocket(await tcpTo(server.port))
      const { stream, seen } = await startTls(below, options())
      expect(seen.problems).toEqual([])
      const answer = new Promise(resolve => stream.once('data', chunk => resolve(String(chunk))))
      stream.write('hello\n')
      expect(await answer).toBe('olleh\n')
      stream.destroy()
      await new Promise(resolve => below.once('close', resolve))
    },
    long,
  )

  test.each([
    ['shop.test', true],
    ['SHOP.test.', true],
    ['paris.eu.shop.test', true],
    ['a.paris.eu.shop.test', false],
    ['eu.shop.test', false],
    ['127.0.0.1', true],
    ['127.0.0.2', false],
    ['::1', false],
    ['other.test', false],
  ])(
    'a certificate for names is one for %s: %p',
    async (name, isFor) => {
      await using server = await serving()
      const { problems } = await start(server, { verifyName: name })
      expect(problems.map(({ reason }) => reason)).toEqual(isFor ? [] : ['tls-name'])
    },
    long,
  )

  test(
    'a common name is no name of a server',
    async () => {
      const bare = await shopCa.issue({ name: 'bare.test', key: 'ec:P-256' })
      await using server = await opensslServer(['-cert', bare.cert, '-key', bare.key, '-cert_chain', shopCa.cert])
      const { problems } = await start(server, { serverName: 'bare.test' })
      expect(problems).toEqual([{ reason: 'tls-name', message: 'the certificate is for no name, not for bare.test' }])
    },
    long,
  )

  test(
    'the authorities of the system are asked where none are named, and those of the environment never',
    async () => {
      await using server = await serving()
      const client = join(directory.path, 'client.ts')
      const net = join(import.meta.dirname, '../../../src/lib')
      await writeFile(
        client,
        `import { connect } from 'node:net'
        import { systemClock } from '${net}/io/system-clock.ts'
        import { startTls } from '${net}/net/tls/start-tls.ts'
        const socket = connect(${server.port}, '127.0.0.1')
        await new Promise(resolve => socket.once('connect', resolve))
        const { signal } = new AbortController()
        const { seen } = await startTls(socket, { serverName: 'shop.test', signal, clock: systemClock })
        process.stdout.write(seen.problems.map(({ reason }) => reason).join())
        process.exit()`,
      )
      const variables = ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR'].map(name => [name, root.cert])
      const env = { ...process.env, ...Object.fromEntries(variables), NODE_TLS_REJECT_UNAUTHORIZED: '0', NODE_USE_SYSTEM_CA: '1' }
      const run = Bun.spawnSync([process.execPath, client], { env, stderr: 'ignore', timeout: 60_000 })
      expect(run.stdout.toString()).toBe('tls-untrusted')
    },
    long,
  )

  test.each([
    ['an old server', ['-tls1', '-cipher', 'ALL:@SECLEVEL=0'], {}, 'tls-protocol'],
    ['a server below what is asked for', ['-tls1_2'], { minVersion: 'TLSv1.3' }, 'tls-protocol'],
    ['a server above what is asked for', ['-tls1_3'], { maxVersion: 'TLSv1.2' }, 'tls-protocol'],
    ['a server of ciphers that nobody has', ['-tls1_2', '-cipher', 'ECDHE-ECDSA-CAMELLIA256-SHA384'], {}, 'tls-protocol'],
    ['a server that wants a certificate', ['-tls1_2', '-Verify', '1'], {}, 'tls-client'],
  ] as const)(
    '%s is told by its reason',
    async (_, args, more, reason) => {
      await using server = await serving(...args)
      expect(await failure(server, more)).toEqual({ reason, phase: 'tls' })
    },
    long,
  )

  test(
    'a server of TLS 1.3 that wants a certificate says so after the handshake',
    async () => {
      await using server = await serving('-Verify', '1')
      const { stream } = await startTls(await tcpTo(server.port), options())
      const error = await new Promise(resolve => stream.once('error', resolve))
      expect(tlsFailure(error, { phase: 'wait' })).toMatchObject({ reason: 'tls-client', phase: 'wait' })
    },
    long,
  )

  test(
    'a client shows who it is',
    async () => {
      const client = await shopCa.issue({ name: 'monitor', key: 'ec:P-256' })
      await using server = await serving('-Verify', '2', '-verify_return_error', '-CAfile', root.cert, '-rev')
      const terms = { cert: await chainOf(client, shopCa), key: await readFile(client.key, 'utf8') }
      const { stream } = await startTls(await tcpTo(server.port), options(terms))
      const answer = new Promise((resolve, reject) => {
        stream.once('data', chunk => resolve(String(chunk)))
        stream.once('error', reject)
      })
      stream.write('who\n')
      expect(await answer).toBe('ohw\n')
      stream.destroy()
      const another = await readFile(shop.key, 'utf8')
      await expect(start(server, { ...terms, key: another })).rejects.toThrow(
        'certificates or key can not be used: key values mismatch',
      )
    },
    long,
  )

  test.each([
    ['speaks something else', { say: 'SSH-2.0-OpenSSH_9.2\r\n'.repeat(500), ends: 'never' }, 'tls'],
    ['closes', { say: '', ends: 'close' }, 'reset'],
    ['resets', { say: '', ends: 'reset' }, 'reset'],
  ] as const)('a server that %s gives a failure at once', async (_, { say, ends }, reason) => {
    await using server = await tcpServer(socket => {
      socket.once('data', () => {
        if (say) socket.write(say)
        if (ends === 'close') socket.end()
        if (ends === 'reset') socket.resetAndDestroy()
      })
    })
    expect(await failure(server)).toEqual({ reason, phase: 'tls' })
  })

  test.each([
    ['silence', new Uint8Array()],
    ['half a handshake', Uint8Array.of(22, 3, 3, 0, 100, 2, 0, 0)],
  ])('%s lasts as long as the signal allows', async (_, bytes) => {
    await using server = await tcpServer(socket => void socket.once('data', () => socket.write(bytes)))
    const below = await tcpTo(server.port)
    const controller = new AbortController()
    const begun = performance.now()
    const starting = startTls(below, options({ signal: controller.signal }))
    const allowedMs = 200
    const stop = systemClock.timer(allowedMs, () => controller.abort(new Error('time is over')))
    await expect(starting).rejects.toThrow('time is over')
    stop()
    expect(performance.now() - begun).toBeLessThan(allowedMs + deadlineGraceMs)
    expect(below.destroyed).toBe(true)
  })

  test(
    'no more handshakes are begun at once than there are slots',
    async () => {
      const waiting: (() => void)[] = []
      await using server = await tcpServer(socket => void socket.once('data', () => waiting.push(() => socket.destroy())))
      const slots = new Semaphore(2)
      const all = Array.from({ length: 5 }, async () =>
        startTls(await tcpTo(server.port), options({ slots })).catch(() => 'failed'),
      )
      let most = 0
      while ((await Promise.race([Promise.all(all), Bun.sleep(20)])) === undefined) {
        most = Math.max(most, waiting.length)
        waiting.shift()?.()
      }
      expect(most).toBe(2)
    },
    long,
  )
})

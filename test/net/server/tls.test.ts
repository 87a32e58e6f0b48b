import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { copyFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { connect, type PeerCertificate, type TLSSocket } from 'node:tls'
import { route, routes } from '../../../src/lib/net/server/router.ts'
import { jsonResponse } from '../../../src/lib/net/server/server-response.ts'
import { type Issued, TestAuthority } from '../../helpers/certificates.ts'
import { FakeClock } from '../../helpers/fake-clock.ts'
import { needs } from '../../helpers/needs.ts'
import { poll } from '../../helpers/poll.ts'
import { type TempDir, tempDir } from '../../helpers/temp-dir.ts'
import { open } from './open.ts'
import { get, RawClient } from './raw-client.ts'

const handler = routes([
  route({ method: 'GET', path: '/', handler: async ({ client, isSecure }) => jsonResponse({ client, isSecure }) }),
  route({ method: 'POST', path: '/', handler: async () => ({ status: 204 }) }),
])

let dir: TempDir
let authority: TestAuthority
let ours: Issued
let renewed: Issued
let operator: Issued
let prometheus: Issued
let stranger: Issued
let late: Issued

beforeAll(async () => {
  dir = await tempDir()
  if (!needs('openssl')) return
  const key = 'ec:P-256'
  authority = await TestAuthority.root(dir.path, { name: 'ops ca', key })
  const other = await TestAuthority.root(dir.path, { name: 'other ca', key })
  const names = ['DNS:localhost', 'IP:127.0.0.1']
  ours = await authority.issue({ name: 'patrol.test', names, key })
  renewed = await authority.issue({ name: 'patrol2.test', names, key })
  operator = await authority.issue({ name: 'operator', key })
  prometheus = await authority.issue({ name: 'prometheus', key })
  late = await authority.issue({ name: 'left-us', key, from: -20, until: -2 })
  stranger = await other.issue({ name: 'operator', key })
}, 120_000)

afterAll(() => dir[Symbol.asyncDispose]())

/** Asks once over a connection of its own. */
async function ask(port: number, { who, method = 'GET' }: { readonly who?: Issued; readonly method?: string } = {}) {
  const tls = {
    ca: await readFile(authority.cert, 'utf8'),
    ...(who && { cert: await readFile(who.cert, 'utf8'), key: await readFile(who.key, 'utf8') }),
  }
  const answer = await fetch(`https://localhost:${port}/`, { method, tls, headers: { connection: 'close' } })
  return { status: answer.status, headers: answer.headers, text: await answer.text() }
}

describe.skipIf(!needs('openssl'))('a server with TLS', () => {
  test('speaks it, 1.2 and later', async () => {
    await using server = await open({ handler, tls: ours })
    expect(JSON.parse((await ask(server.port)).text)).toEqual({ isSecure: true })
    const speaks = (version: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3') => protocolOf(server.port, version)
    expect([await speaks('TLSv1.1'), await speaks('TLSv1.2'), await speaks('TLSv1.3')]).toEqual([undefined, 'TLSv1.2', 'TLSv1.3'])
  })

  test('listens on all addresses', async () => {
    await using server = await open({ handler, tls: ours, listen: ['0.0.0.0:0'] })
    expect((await ask(server.port)).status).toBe(200)
  })

  test('says so to browsers only when told to', async () => {
    await using plain = await open({ handler, tls: ours })
    expect((await ask(plain.port)).headers.get('strict-transport-security')).toBeNull()
    await using strict = await open({ handler, tls: { ...ours, hstsSeconds: 86_400 } })
    expect((await ask(strict.port)).headers.get('strict-transport-security')).toBe('max-age=86400')
  })

  test('cuts whoever does not finish the handshake, or never begins it', async () => {
    const clock = new FakeClock()
    await using server = await open({ clock, tls: ours })
    using half = new RawClient(server).send('\x16\x03\x01\x02\x00')
    using plain = new RawClient(server).send(get())
    await plain.closed()
    await poll('the half', 5000, () => server.load.connections === 1)
    await clock.advance(10_000)
    await half.closed()
    expect([server.load.connections, server.lines]).toEqual([0, []])
  })
})

describe.skipIf(!needs('openssl'))('a certificate', () => {
  test('that was renewed is used without a restart; what is connected stays', async () => {
    const clock = new FakeClock()
    const files = { cert: join(dir.path, 'live.pem'), key: join(dir.path, 'live.key') }
    const install = async ({ cert, key }: Issued): Promise<void> => {
      await copyFile(cert, files.cert)
      await copyFile(key, files.key)
    }
    await install(ours)
    await using server = await open({ clock, handler, tls: files })
    const before = await secureClient(server.port)
    expect(before.getPeerCertificate().subject.CN).toBe('patrol.test')
    await install(renewed)
    await poll('the new one', 10_000, async () => {
      await clock.advance(10_000)
      return (await nameOf(server.port)) === 'patrol2.test'
    })
    await writeFile(files.key, 'half a ke')
    await expect(server.reload()).rejects.toMatchObject({
      code: 'E_CONFIG',
      message: `${files.key} holds no key in PEM that can be used`,
    })
    expect(await nameOf(server.port)).toBe('patrol2.test')
    await poll('a word in the log', 10_000, async () => {
      await clock.advance(10_000)
      return server.lines.some(({ level }) => level === 'error')
    })
    for (let times = 0; times < 5; times++) await clock.advance(10_000)
    expect(server.lines.map(({ message }) => message)).toEqual([
      'the certificate was renewed',
      'the new certificate can not be used, the old one stays',
    ])
    before.destroy()
  })

  test.each([
    ['cert', () => ({ ...ours, cert: '/nowhere/cert.pem' }), 'could not read /nowhere/cert.pem: ENOENT'],
    ['key', () => ({ ...ours, key: renewed.key }), 'is not that of the certificate in'],
    ['key', () => ({ ...ours, key: ours.cert }), 'holds no key in PEM that can be used'],
    ['cert', () => ({ ...ours, cert: ours.key }), 'holds no certificate in PEM'],
    ['clientCa', () => ({ ...ours, clientCa: ours.key }), 'holds no certificate in PEM'],
  ])('that can not be used is told with its file (%s)', async (_, files, message) => {
    await expect(open({ tls: files() })).rejects.toMatchObject({ code: 'E_CONFIG', message: expect.stringContaining(message) })
  })
})

describe.skipIf(!needs('openssl'))('a client certificate', () => {
  test('names the client', async () => {
    await using server = await open({ handler, tls: { ...ours, clientCa: authority.cert } })
    const { client } = JSON.parse((await ask(server.port, { who: operator })).text)
    expect(client).toEqual({ name: 'operator', subject: 'CN=operator', fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/) })
  })

  test.each([
    ['of nobody', () => undefined, 200, 403],
    ['of our authority', () => operator, 200, 204],
    ['of another authority', () => stranger, 200, 403],
    ['that has ended', () => late, 200, 403],
  ])('%s', async (_, who, reads, changes) => {
    await using server = await open({ handler, tls: { ...ours, clientCa: authority.cert } })
    const shown = who()
    const asked = shown ? { who: shown } : {}
    expect((await ask(server.port, asked)).status).toBe(reads)
    expect((await ask(server.port, { ...asked, method: 'POST' })).status).toBe(changes)
  })

  test('may be one that only reads', async () => {
    const access = { lockReading: true, changeClients: ['operator'] }
    await using server = await open({ handler, access, tls: { ...ours, clientCa: authority.cert } })
    const statuses = async (who?: Issued) => [
      (await ask(server.port, { ...(who && { who }) })).status,
      (await ask(server.port, { ...(who && { who }), method: 'POST' })).status,
    ]
    expect([await statuses(operator), await statuses(prometheus), await statuses(stranger), await statuses()]).toEqual([
      [200, 204],
      [200, 403],
      [403, 403],
      [403, 403],
    ])
  })
})

function secureClient(port: number): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false })
    socket.once('secureConnect', () => resolve(socket))
    socket.once('error', reject)
  })
}

async function nameOf(port: number): Promise<PeerCertificate['subject']['CN']> {
  const socket = await secureClient(port)
  const { subject } = socket.getPeerCertificate()
  socket.destroy()
  return subject.CN
}

function protocolOf(port: number, version: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'): Promise<string | undefined> {
  return new Promise(resolve => {
    const socket = connect({ host: '127.0.0.1', port, minVersion: version, maxVersion: version, rejectUnauthorized: false })
    const done = (protocol: string | undefined): void => {
      socket.destroy()
      resolve(protocol)
    }
    socket.once('secureConnect', () => done(socket.getProtocol() ?? undefined))
    socket.once('error', () => done(undefined))
  })
}

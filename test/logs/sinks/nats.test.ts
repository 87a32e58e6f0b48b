import { describe, expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createUser } from '@nats-io/nkeys'
import { credsAuthenticator, nkeyAuthenticator } from '@nats-io/transport-node'
import natsSink from '../../../src/lib/logs/sinks/nats.ts'
import { TestAuthority } from '../../helpers/certificates.ts'
import { Nats } from '../../helpers/nats.ts'
import { natsAccounts } from '../../helpers/nats-accounts.ts'
import { needs } from '../../helpers/needs.ts'
import { tempDir } from '../../helpers/temp-dir.ts'
import { built, parcel, send, sinkPlace } from './sink-place.ts'

const open = (server: string, rest: object = {}, secrets: Readonly<Record<string, string>> = {}) =>
  built(natsSink, { servers: [server], subject: 'logs.{app}', ...rest }).open(sinkPlace({ secrets }))

describe.skipIf(!needs('nats-server'))('the nats sink', () => {
  test('publishes each record once, though it is sent twice', async () => {
    await using nats = await Nats.start()
    await nats.addStream('logs')
    await using sink = await open(nats.server)
    const parcels = [
      parcel('s1:0-9', { app: 'shop', message: 'zwei\nZeilen ✓' }, { app: 'a b.>*', n: 2 }),
      parcel('s1:9-12', { n: 3 }),
    ]
    expect(await send(sink, parcels)).toEqual({ result: 'delivered', refused: [] })
    expect(await send(sink, parcels)).toEqual({ result: 'delivered', refused: [] })
    expect((await nats.messages('logs')).toSorted()).toEqual([
      ['logs._', '{"n":3}'],
      ['logs.a_b___', '{"app":"a b.>*","n":2}'],
      ['logs.shop', '{"app":"shop","message":"zwei\\nZeilen ✓"}'],
    ])
  }, 60_000)

  test('goes on behind a restart of the server', async () => {
    await using nats = await Nats.start()
    await nats.addStream('logs')
    await using sink = await open(nats.server)
    expect(await send(sink, [parcel('a', { app: 'x' })])).toMatchObject({ result: 'delivered' })
    await nats.kill()
    expect(await send(sink, [parcel('b', { app: 'x' })])).toMatchObject({ result: 'later' })
    await nats.boot()
    expect(await send(sink, [parcel('b', { app: 'x' })])).toMatchObject({ result: 'delivered' })
    expect(await nats.messages('logs')).toHaveLength(2)
  }, 60_000)

  test('refuses only what is too large, for the server or for the stream', async () => {
    await using nats = await Nats.start()
    await nats.addStream('logs', { max_msg_size: 1000 })
    await using sink = await open(nats.server)
    const records = [{ app: 'x' }, { app: 'x', pad: 'x'.repeat(2000) }, { app: 'x', pad: 'x'.repeat(2 ** 20) }]
    const receipt = await send(sink, [parcel('a', ...records)])
    expect(receipt.result).toBe('delivered')
    expect('refused' in receipt && receipt.refused?.toSorted((a, b) => a.record - b.record)).toEqual([
      { parcel: 0, record: 1, reason: 'larger than the stream takes' },
      { parcel: 0, record: 2, reason: 'larger than the server takes' },
    ])
  }, 60_000)

  test('waits for a stream that takes the subject', async () => {
    await using nats = await Nats.start()
    await using sink = await open(nats.server)
    const receipt = await send(sink, [parcel('a', { app: 'x' })])
    expect(receipt).toMatchObject({
      result: 'later',
      message: 'no stream takes the subject, or JetStream is off',
      pending: [{ parcel: 0, record: 0 }],
    })
  }, 60_000)

  test('shows a token, and waits where it is not accepted', async () => {
    await using nats = await Nats.start('--auth', 's3cr3t')
    await using right = await open(nats.server, { token: { env: 'TOKEN' } }, { TOKEN: 's3cr3t' })
    await using wrong = await open(nats.server, { token: { env: 'TOKEN' } }, { TOKEN: 'other' })
    expect(await send(right, [parcel('a', {})])).toMatchObject({ message: 'no stream takes the subject, or JetStream is off' })
    const refused = await send(wrong, [parcel('a', {})])
    expect(refused.result).toBe('later')
    expect(JSON.stringify(refused)).not.toContain('other')
  }, 60_000)

  test('ends at its signal, whoever listens there', async () => {
    using silent = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } })
    await using sink = await open(`127.0.0.1:${silent.port}`)
    expect(await send(sink, [parcel('a', {})], 200)).toMatchObject({ result: 'later' })
    silent.stop(true)
  }, 60_000)

  test('shows an nkey, and waits where it is not known', async () => {
    await using directory = await tempDir()
    const [user, stranger] = [createUser(), createUser()]
    const config = join(directory.path, 'nats.conf')
    await writeFile(config, `authorization { users: [ { nkey: ${user.getPublicKey()} } ] }\n`)
    await using nats = await Nats.startFor({ authenticator: nkeyAuthenticator(user.getSeed()) }, ['-c', config])
    await nats.addStream('logs')
    const seed = (pair: typeof user): string => `${new TextDecoder().decode(pair.getSeed())}\n`
    await using right = await open(nats.server, { nkey: { env: 'SEED' } }, { SEED: seed(user) })
    expect(await send(right, [parcel('a', {})])).toEqual({ result: 'delivered', refused: [] })
    await using wrong = await open(nats.server, { nkey: { env: 'SEED' } }, { SEED: seed(stranger) })
    expect(await send(wrong, [parcel('b', {})])).toMatchObject({
      result: 'later',
      message: expect.stringMatching(/authorization/i),
    })
    await using broken = await open(nats.server, { nkey: { env: 'SEED' } }, { SEED: 'SUNOSEED' })
    const receipt = await send(broken, [parcel('b', {})])
    expect(receipt.result).toBe('later')
    expect(JSON.stringify(receipt)).not.toContain('NOSEED')
  }, 60_000)

  test('shows the credentials of an account', async () => {
    await using directory = await tempDir()
    const { config: accounts, credentials } = natsAccounts()
    const config = join(directory.path, 'nats.conf')
    await writeFile(config, accounts)
    const authenticator = credsAuthenticator(new TextEncoder().encode(credentials))
    await using nats = await Nats.startFor({ authenticator }, ['-c', config])
    await nats.addStream('logs')
    await using right = await open(nats.server, { credentials: { env: 'CREDS' } }, { CREDS: credentials })
    expect(await send(right, [parcel('a', {})])).toEqual({ result: 'delivered', refused: [] })
    await using wrong = await open(nats.server, { credentials: { env: 'CREDS' } }, { CREDS: natsAccounts().credentials })
    expect((await send(wrong, [parcel('b', {})])).result).toBe('later')
    expect(await nats.messages('logs')).toHaveLength(1)
  }, 60_000)

  test.skipIf(!needs('openssl'))(
    'speaks TLS, with certificates on both sides, and only with whom it trusts',
    async () => {
      await using directory = await tempDir()
      const ca = await TestAuthority.root(directory.path, { name: 'nats ca' })
      const issued = await ca.issue({ name: 'nats.test', names: ['IP:127.0.0.1'] })
      const client = await ca.issue({ name: 'shop.test', extensions: ['extendedKeyUsage=clientAuth'] })
      const stranger = await TestAuthority.root(directory.path, { name: 'stranger' })
      const options = ['--tlsverify', '--tlscert', issued.cert, '--tlskey', issued.key, '--tlscacert', ca.cert]
      const tls = { caFile: ca.cert, certFile: client.cert, keyFile: client.key }
      await using nats = await Nats.startFor({ tls }, options)
      await nats.addStream('logs')
      const key = await Bun.file(client.key).text()
      await using right = await open(nats.server, { tls: { ca: ca.cert, cert: client.cert, key: { env: 'KEY' } } }, { KEY: key })
      expect(await send(right, [parcel('a', {})])).toEqual({ result: 'delivered', refused: [] })
      await nats.kill()
      expect((await send(right, [parcel('b', {})])).result).toBe('later')
      await nats.boot()
      expect((await send(right, [parcel('b', {})])).result).toBe('delivered')
      const shy = { ca: ca.cert }
      const other = { ca: stranger.cert, cert: client.cert, key: { env: 'KEY' } }
      for (const wrong of [shy, other, false]) {
        await using sink = await open(nats.server, { tls: wrong }, { KEY: key })
        expect((await send(sink, [parcel('c', {})])).result).toBe('later')
      }
      expect(await nats.messages('logs')).toHaveLength(2)
    },
    120_000,
  )
})

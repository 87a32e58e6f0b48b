import { describe, expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import etcdBackend from '../../../src/lib/sync/backends/etcd.ts'
import { Etcd } from '../../helpers/etcd.ts'
import { needs } from '../../helpers/needs.ts'
import { tempDir } from '../../helpers/temp-dir.ts'
import { textsOf, toolsIn, Watching } from './watching.ts'

const backendOf = (etcd: Etcd, more: object = {}) =>
  etcdBackend.build({ endpoints: [etcd.endpoint], heartbeat: '1s', timeout: '2s', ...more })

describe.skipIf(!needs('etcd'))('a watch of etcd', () => {
  test('tells for each revision the state that it had, in order', async () => {
    await using etcd = await Etcd.start()
    const model = new Map<bigint, Record<string, string>>()
    let state: Record<string, string> = {}
    await using watch = new Watching(backendOf(etcd, { refresh: '100ms' }), { prefix: 'shop/', directory: '/' })
    await watch.untilIs({})
    for (let round = 0; round < 200; round++) {
      const key = `k${round % 7}`
      if (round % 5 === 4) {
        const { [key]: _, ...rest } = state
        state = rest
        model.set(await etcd.remove(`shop/${key}`), state)
      } else {
        state = { ...state, [key]: String(round) }
        model.set(await etcd.put(`shop/${key}`, String(round)), state)
      }
    }
    await watch.untilIs(state)
    const told = watch.states.slice(1).map(each => ({ revision: BigInt(each.revision), entries: textsOf(each) }))
    // A list is called by the revision of the whole store, so it may be one at which nothing changed.
    const stateAt = (revision: bigint) => model.get([...model.keys()].filter(each => each <= revision).at(-1) ?? 0n) ?? {}
    expect(told.map(({ entries }) => entries)).toEqual(told.map(({ revision }) => stateAt(revision)))
    expect(told.map(({ revision }) => revision)).toEqual(told.map(({ revision }) => revision).sort((a, b) => (a < b ? -1 : 1)))
  }, 120_000)

  test('goes on where it was when the server is killed and comes back', async () => {
    await using etcd = await Etcd.start()
    await etcd.put('shop/a', '1')
    await using watch = new Watching(backendOf(etcd), { prefix: 'shop/', directory: '/' })
    await watch.untilIs({ a: '1' })
    await etcd.kill()
    await watch.untilLogged(/watch is broken/, 20_000)
    await etcd.boot()
    await etcd.put('shop/b', '2')
    await etcd.remove('shop/a')
    await watch.untilIs({ b: '2' })
  }, 120_000)

  test('declares a server that is stopped dead within the heartbeat, and catches up when it goes on', async () => {
    await using etcd = await Etcd.start()
    await etcd.put('shop/a', '1')
    await using watch = new Watching(backendOf(etcd), { prefix: 'shop/', directory: '/' })
    await watch.untilIs({ a: '1' })
    etcd.pause()
    const from = performance.now()
    await watch.untilLogged(/did not answer within/, 20_000)
    expect(performance.now() - from).toBeLessThan(3000)
    etcd.resume()
    await etcd.put('shop/a', '2')
    await watch.untilIs({ a: '2' })
  }, 120_000)

  test('lists again what was compacted away while it could not ask, deletions included', async () => {
    await using etcd = await Etcd.start()
    await etcd.put('shop/a', '1')
    await etcd.put('shop/gone', 'x')
    // It waits long enough before it tries again that all of this happens behind its back.
    await using watch = new Watching(backendOf(etcd), { prefix: 'shop/', directory: '/', random: () => 20 })
    await watch.untilIs({ a: '1', gone: 'x' })
    await etcd.kill()
    await watch.untilLogged(/watch is broken/, 20_000)
    await etcd.boot()
    await etcd.remove('shop/gone')
    for (const value of ['2', '3', '4']) await etcd.put('shop/a', value)
    await etcd.compact(await etcd.put('shop/b', '1'))
    await watch.untilIs({ a: '4', b: '1' })
    expect(watch.states.map(textsOf)).toEqual([
      { a: '1', gone: 'x' },
      { a: '4', b: '1' },
    ])
  }, 120_000)

  test('tells what a server holds that came back with less than was seen', async () => {
    await using etcd = await Etcd.start()
    for (const value of ['1', '2', '3']) await etcd.put('shop/a', value)
    await using watch = new Watching(backendOf(etcd), { prefix: 'shop/', directory: '/' })
    await watch.untilIs({ a: '3' })
    await etcd.kill()
    await etcd.forget()
    await etcd.boot()
    await watch.untilIs({})
    await etcd.put('shop/a', '1')
    await watch.untilIs({ a: '1' })
  }, 120_000)

  test('goes back to the one endpoint that lives, past one that refuses and one that never answers', async () => {
    await using etcd = await Etcd.start()
    await etcd.put('shop/a', '1')
    using silent = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } })
    const endpoints = [etcd.endpoint, 'http://127.0.0.1:1', `http://127.0.0.1:${silent.port}`]
    const backend = backendOf(etcd, { endpoints, timeout: '1s' })
    await using watch = new Watching(backend, { prefix: 'shop/', directory: '/' })
    await watch.untilIs({ a: '1' })
    await etcd.kill()
    await watch.untilLogged(/did not answer within/, 30_000)
    const failure = await backend.read('shop/', toolsIn('/')).catch(error => error)
    expect(failure).toMatchObject({ name: 'BackendError', reason: 'unreachable' })
    for (const endpoint of endpoints) expect(failure.message).toContain(endpoint)
    await etcd.boot()
    await etcd.put('shop/a', '2')
    await watch.untilIs({ a: '2' }, 60_000)
    expect(textsOf(await backend.read('shop/', toolsIn('/')))).toEqual({ a: '2' })
    expect(watch.states.map(textsOf)).toEqual([{ a: '1' }, { a: '2' }])
  }, 120_000)

  test('asks the next endpoint when one does not answer', async () => {
    await using etcd = await Etcd.start()
    await etcd.put('shop/a', '1')
    const backend = backendOf(etcd, { endpoints: ['http://127.0.0.1:1', etcd.endpoint] })
    expect(textsOf(await backend.read('shop/', toolsIn('/')))).toEqual({ a: '1' })
    await using watch = new Watching(backend, { prefix: 'shop/', directory: '/' })
    await watch.untilIs({ a: '1' })
  }, 120_000)
})

describe.skipIf(!needs('etcd'))('etcd', () => {
  test('takes a user with a password from a file, and tells a wrong one from a server that is gone', async () => {
    await using etcd = await Etcd.start()
    await using directory = await tempDir()
    await etcd.put('shop/a', '1')
    await etcd.call('auth/user/add', { name: 'root', password: 'correct horse' })
    await etcd.call('auth/user/grant', { user: 'root', role: 'root' })
    await etcd.call('auth/enable', {})
    await writeFile(join(directory.path, 'good'), 'correct horse\n', { mode: 0o600 })
    await writeFile(join(directory.path, 'bad'), 'battery staple\n', { mode: 0o600 })
    const backend = (passwordFile: string) => backendOf(etcd, { user: 'root', passwordFile })
    expect(textsOf(await backend('good').read('shop/', toolsIn(directory.path)))).toEqual({ a: '1' })
    const refused = { name: 'BackendError', reason: 'refused' }
    expect(
      await backend('bad')
        .read('shop/', toolsIn(directory.path))
        .catch(error => error),
    ).toMatchObject(refused)
    expect(
      await backendOf(etcd)
        .read('shop/', toolsIn('/'))
        .catch(error => error),
    ).toMatchObject(refused)
    await using watch = new Watching(backend('good'), { prefix: 'shop/', directory: directory.path })
    await watch.untilIs({ a: '1' })
  }, 120_000)

  test.skipIf(!needs('openssl'))(
    'is believed only with a certificate of the authority that is told',
    async () => {
      await using directory = await tempDir()
      const at = (name: string): string => join(directory.path, name)
      const made = Bun.spawnSync([
        ...['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
        ...['-subj', '/CN=etcd', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', at('key'), '-out', at('cert')],
      ])
      expect(made.exitCode).toBe(0)
      process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
      try {
        await using etcd = await Etcd.start({ tls: { cert: at('cert'), key: at('key') } })
        await etcd.put('shop/a', '1')
        expect(textsOf(await backendOf(etcd, { ca: 'cert' }).read('shop/', toolsIn(directory.path)))).toEqual({ a: '1' })
        const doubted = await backendOf(etcd)
          .read('shop/', toolsIn('/'))
          .catch(error => error)
        expect(doubted).toMatchObject({
          name: 'BackendError',
          reason: 'unreachable',
          message: expect.stringMatching(/certificate|self.signed/i),
        })
      } finally {
        delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']
      }
    },
    120_000,
  )
})

import { describe, expect, test } from 'bun:test'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { allComponents } from '../../scripts/registry.ts'
import type { Backend } from '../../src/lib/core/backend.ts'
import etcdBackend from '../../src/lib/sync/backends/etcd.ts'
import fileBackend from '../../src/lib/sync/backends/file.ts'
import { Etcd } from '../helpers/etcd.ts'
import { needs } from '../helpers/needs.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { textsOf, toolsIn, Watching } from '../sync/backends/watching.ts'

/** A backend with something real behind it. */
interface Store extends AsyncDisposable {
  readonly backend: Backend
  readonly directory: string
  put(key: string, value: string): Promise<void>
  remove(key: string): Promise<void>
}

async function fileStore(): Promise<Store> {
  const directory = await tempDir()
  await mkdir(join(directory.path, 'config'))
  const at = (key: string): string => join(directory.path, 'config', key)
  return {
    backend: fileBackend.build({ path: 'config', poll: '20ms' }),
    directory: directory.path,
    async put(key, value) {
      await mkdir(dirname(at(key)), { recursive: true })
      await writeFile(at(key), value)
    },
    remove: key => rm(at(key), { force: true }),
    [Symbol.asyncDispose]: () => Promise.resolve(directory[Symbol.asyncDispose]()),
  }
}

async function etcdStore(): Promise<Store> {
  const etcd = await Etcd.start()
  return {
    backend: etcdBackend.build({ endpoints: [etcd.endpoint] }),
    directory: '/',
    put: async (key, value) => void (await etcd.put(key, value)),
    remove: async key => void (await etcd.remove(key)),
    [Symbol.asyncDispose]: () => etcd[Symbol.asyncDispose](),
  }
}

const stores: Readonly<Record<string, { open(): Promise<Store>; readonly skip: boolean; readonly unreachable: object }>> = {
  file: { open: fileStore, skip: false, unreachable: { path: '/proc/self/mem/config' } },
  etcd: { open: etcdStore, skip: !needs('etcd'), unreachable: { endpoints: ['http://127.0.0.1:1'] } },
}

test('every backend is put to the contract', async () => {
  const types = (await allComponents()).filter(({ entry }) => entry.kind === 'backend').map(({ entry }) => entry.type)
  expect(types).toEqual(Object.keys(stores).sort())
})

describe.each(Object.entries(stores))('the backend %s', (type, { open, skip, unreachable }) => {
  test.skipIf(skip)(
    'reads what is below a prefix, in order, and nothing else',
    async () => {
      await using store = await open()
      for (const key of ['shop/workers', 'shop/nginx.conf', 'shop/tls/cert', 'shopping', 'other/workers'])
        await store.put(key, key)
      const read = async (prefix: string) => textsOf(await store.backend.read(prefix, toolsIn(store.directory)))
      expect(Object.entries(await read('shop/'))).toEqual([
        ['nginx.conf', 'shop/nginx.conf'],
        ['tls/cert', 'shop/tls/cert'],
        ['workers', 'shop/workers'],
      ])
      expect(await read('absent/')).toEqual({})
    },
    60_000,
  )

  test.skipIf(skip)(
    'keeps every byte of a value',
    async () => {
      await using store = await open()
      const value = 'grüße\n\u0000\t\u{1f980}'
      await store.put('shop/motd', value)
      expect(textsOf(await store.backend.read('shop/', toolsIn(store.directory)))).toEqual({ motd: value })
    },
    60_000,
  )

  test('tells an unreachable source from an empty one', async () => {
    const component = type === 'etcd' ? etcdBackend : fileBackend
    const reading = component.build(JSON.parse(JSON.stringify(unreachable))).read('shop/', toolsIn('/'))
    expect(await reading.catch(error => error)).toMatchObject({ name: 'BackendError', reason: 'unreachable' })
  })

  test.skipIf(skip)(
    'tells the present state and then the one after every change',
    async () => {
      await using store = await open()
      await store.put('shop/workers', '2')
      await using watch = new Watching(store.backend, { prefix: 'shop/', directory: store.directory })
      await watch.untilIs({ workers: '2' })
      await store.put('shop/workers', '4')
      await watch.untilIs({ workers: '4' })
      await store.put('other', 'x')
      await store.put('shop/tls', 'on')
      await watch.untilIs({ tls: 'on', workers: '4' })
      await store.remove('shop/workers')
      await watch.untilIs({ tls: 'on' })
      await store.remove('shop/tls')
      await watch.untilIs({})
    },
    120_000,
  )

  test.skipIf(skip)(
    'tells what changed while the reader was busy',
    async () => {
      await using store = await open()
      await store.put('shop/workers', '1')
      const stop = new AbortController()
      const states = store.backend.watch('shop/', toolsIn(store.directory, stop.signal))[Symbol.asyncIterator]()
      await states.next()
      for (const value of ['2', '3', '4']) await store.put('shop/workers', value)
      const told = async (): Promise<string | undefined> => textsOf((await states.next()).value)['workers']
      while ((await told()) !== '4');
      stop.abort(new Error('the test is over'))
      await states.return?.().catch(() => undefined)
    },
    60_000,
  )

  test.skipIf(skip)(
    'comes to the final state of any history, however fast',
    async () => {
      await using store = await open()
      await using watch = new Watching(store.backend, { prefix: 'shop/', directory: store.directory })
      const key = fc.constantFrom('a', 'b', 'dir/c', 'dir/d')
      const history = fc.array(fc.tuple(key, fc.option(fc.string({ maxLength: 8 }))), { minLength: 1, maxLength: 30 })
      const model = new Map<string, string>()
      await fc.assert(
        fc.asyncProperty(history, async changes => {
          for (const [name, value] of changes) {
            if (value === null) await store.remove(`shop/${name}`)
            else await store.put(`shop/${name}`, value)
            if (value === null) model.delete(name)
            else model.set(name, value)
          }
          await watch.untilIs(Object.fromEntries([...model].sort()))
        }),
        { numRuns: 15, endOnFailure: true },
      )
      expect(new Set(watch.states.map(({ revision }) => revision)).size).toBeGreaterThan(2)
    },
    120_000,
  )
})

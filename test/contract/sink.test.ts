import { describe, expect, test } from 'bun:test'
import { readFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import type { Json } from '../../src/lib/core/json.ts'
import type { SinkPlace } from '../../src/lib/core/sink.ts'
import { components } from '../../src/registry.generated.ts'
import { consumed, mockCluster } from '../helpers/kafka.ts'
import { Nats } from '../helpers/nats.ts'
import { type NeedName, needs } from '../helpers/needs.ts'
import { poll } from '../helpers/poll.ts'
import { Rsyslog } from '../helpers/rsyslog.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { tcpServer } from '../helpers/tls-server.ts'
import { LogServer } from '../logs/sinks/log-server.ts'
import { never, openSink, parcelOf, secret } from '../logs/sinks/opened.ts'

// What holds for every sink, and what holds for those over HTTP.

/** Parameters to reach a server at this address, and what that answers to one record it took. */
interface Counterpart {
  readonly params: (url: string) => Record<string, Json>
  readonly taken: string
  /** It proves who it is in another way. */
  readonly bearer?: false
}

const counterparts: Readonly<Record<string, Counterpart>> = {
  http: { params: url => ({ url }), taken: '' },
  elasticsearch: { params: url => ({ url, index: 'logs' }), taken: '{"errors":false,"items":[{"create":{"status":201}}]}' },
  loki: { params: url => ({ url, labels: { job: 'shop' } }), taken: '' },
  otlp: { params: url => ({ url, encoding: 'json' }), taken: '{}' },
  s3: {
    params: url => ({ endpoint: url, bucket: 'shop-logs', access_key: { env: 'ID' }, secret_key: { env: 'KEY' } }),
    taken: '',
    bearer: false,
  },
}

const records = [{ message: 'a "quoted" line\n\u0000 \u{1f980}', time: '2026-01-02T03:04:05Z' }]

for (const [type, { params, taken, bearer }] of Object.entries(counterparts)) {
  describe(`the sink ${type} over HTTP`, () => {
    test('acknowledges what was taken, also a huge record', async () => {
      await using server = await LogServer.start((_, response) => void response.end(taken))
      await using sink = await openSink(type, params(server.url))
      for (const each of [records, [{}], [{ message: 'x'.repeat(3_000_000) }]])
        expect(await sink.send([parcelOf(each)], never)).toEqual({ result: 'delivered' })
    })

    test.each([301, 401, 403, 404, 405, 408, 415, 429, 500, 502, 503])('keeps what is answered by %d', async status => {
      await using server = await LogServer.start((_, response) => void response.writeHead(status, { 'retry-after': '7' }).end())
      await using sink = await openSink(type, params(server.url))
      expect(await sink.send([parcelOf(records)], never)).toMatchObject({ result: 'later', afterMs: 7000 })
    })

    test('asks for smaller pieces', async () => {
      await using server = await LogServer.start((_, response) => void response.writeHead(413).end())
      await using sink = await openSink(type, params(server.url))
      expect((await sink.send([parcelOf(records)], never)).result).toBe('too-large')
    })

    test('ends at its signal when nothing is answered, and keeps what a reset cut off', async () => {
      await using server = await LogServer.start(() => undefined)
      await using sink = await openSink(type, params(server.url))
      expect((await sink.send([parcelOf(records)], AbortSignal.timeout(200))).result).toBe('later')
      server.answer = (_, __, message) => void message.socket.resetAndDestroy()
      expect((await sink.send([parcelOf(records)], never)).result).toBe('later')
    })

    test.skipIf(bearer === false)('tells no secret that a server hands back', async () => {
      await using server = await LogServer.start(
        ({ headers }, response) => void response.writeHead(403).end(`no: ${headers['authorization']}`),
      )
      await using sink = await openSink(type, { ...params(server.url), bearer: { env: 'TOKEN' } })
      const receipt = await sink.send([parcelOf(records)], never)
      expect(receipt).toMatchObject({ message: expect.stringContaining('answered 403: no: Bearer') })
      expect(JSON.stringify(receipt)).not.toContain(secret)
    })
  })
}

/** Parameters to reach whoever listens at an address, with every secret that there can be. */
type Way = (address: string) => Record<string, Json>

const overHttp = (type: string): Way => {
  const { params, bearer } = counterparts[type] ?? { params: () => ({}) }
  return address => ({ ...params(`http://${address}`), ...(bearer !== false && { bearer: { env: 'TOKEN' } }) })
}

/** Every sink over a network, by the way that it goes. */
const ways: Readonly<Record<string, Way>> = {
  http: overHttp('http'),
  elasticsearch: overHttp('elasticsearch'),
  loki: overHttp('loki'),
  otlp: overHttp('otlp'),
  s3: overHttp('s3'),
  kafka: address => ({
    ...{ brokers: [address], topic: 'logs' },
    sasl: { mechanism: 'plain', user: 'shop', password: { env: 'PASSWORD' } },
  }),
  nats: address => ({ servers: [address], subject: 'logs.shop', token: { env: 'TOKEN' } }),
  'syslog over relp': address => ({ server: `relp://${address}` }),
  'syslog over tcp': address => ({ server: `tcp://${address}` }),
  'syslog over a held tcp': address => ({ server: `tcp://${address}`, acknowledge: 'write' }),
}

/** Those of this machine alone. */
const ofThisMachine = ['file', 'stdout']
const typeOf = (way: string): string => way.split(' ')[0] ?? way

test('every sink is held to the contract', () => {
  const types = components.filter(({ kind }) => kind === 'sink').map(({ type }) => type)
  expect([...new Set([...Object.keys(ways).map(typeOf), ...ofThisMachine])].sort()).toEqual(types.toSorted())
})

/** Plain syslog over a connection that is kept counts what the system took. */
const takesOnFaith = (way: string): boolean => way === 'syslog over a held tcp'

describe.each(Object.entries(ways))('the sink %s', (way, params) => {
  const type = typeOf(way)

  test('contacts nobody when it is opened, and waits where nobody listens', async () => {
    await using sink = await openSink(type, params('127.0.0.1:1'))
    expect((await sink.send([parcelOf(records)], AbortSignal.timeout(20_000))).result).toBe('later')
  }, 30_000)

  test('does not begin what is over', async () => {
    await using peer = await tcpServer(socket => void socket.resume())
    await using sink = await openSink(type, params(`127.0.0.1:${peer.port}`))
    expect((await sink.send([parcelOf(records)], AbortSignal.abort(new Error('over')))).result).toBe('later')
  })

  test('ends at its signal where nothing is said, and leaves no connection behind', async () => {
    const open = new Set<Socket>()
    await using peer = await tcpServer(socket => {
      open.add(socket.pause())
      socket.on('close', () => open.delete(socket))
    })
    {
      await using sink = await openSink(type, params(`127.0.0.1:${peer.port}`))
      const began = performance.now()
      const { result } = await sink.send([parcelOf(records)], AbortSignal.timeout(300))
      expect(result).toBe(takesOnFaith(way) ? 'delivered' : 'later')
      expect(performance.now() - began).toBeLessThan(5000)
      expect(open.size).toBeGreaterThan(0)
    }
    for (const socket of open) socket.resume()
    await poll('every connection is closed', 10_000, () => open.size === 0)
  }, 30_000)

  test('takes no noise for an answer, and tells no secret that is handed back', async () => {
    // All that comes comes back.
    await using peer = await tcpServer(socket => void socket.on('data', data => socket.write(data)))
    await using sink = await openSink(type, params(`127.0.0.1:${peer.port}`))
    const receipt = await sink.send([parcelOf(records)], AbortSignal.timeout(2000))
    // Plain syslog does not listen to what is said.
    if (!way.endsWith('tcp')) expect(receipt.result).toBe('later')
    expect(JSON.stringify(receipt)).not.toContain(secret)
  }, 30_000)
})

/** Someone who takes records for good, and has them. */
interface Taker extends AsyncDisposable {
  readonly params: Record<string, Json>
  readonly place?: Partial<SinkPlace>
  /** All of it, as text. */
  got(): Promise<string> | string
  /** Where it can: it goes away for a while. */
  readonly absence?: { leave(): Promise<void>; comeBack(): Promise<void> }
}

interface Taking {
  readonly needs: readonly NeedName[]
  readonly hasAbsence?: true
  readonly start: () => Promise<Taker>
}

const rsyslogOver =
  (protocol: 'relp' | 'tcp'): Taking['start'] =>
  async () => {
    const rsyslog = await Rsyslog.start()
    return {
      params: { server: `${protocol}://127.0.0.1:${rsyslog.ports[protocol]}`, message: 'json' },
      got: () => rsyslog.messages().join('\n'),
      absence: { leave: () => rsyslog.stop(), comeBack: () => rsyslog.boot() },
      [Symbol.asyncDispose]: () => rsyslog[Symbol.asyncDispose](),
    }
  }

const takers: Readonly<Record<string, Taking>> = {
  file: {
    needs: [],
    async start() {
      const directory = await tempDir()
      const path = join(directory.path, 'out.ndjson')
      return {
        params: { path },
        got: () => readFile(path, 'utf8'),
        [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
      }
    },
  },
  stdout: {
    needs: [],
    async start() {
      let written = ''
      const stdout = async (bytes: Uint8Array): Promise<void> => {
        written += Buffer.from(bytes).toString()
      }
      return { params: {}, place: { stdout }, got: () => written, [Symbol.asyncDispose]: async () => {} }
    },
  },
  kafka: {
    needs: ['kcat'],
    async start() {
      const cluster = await mockCluster()
      return {
        params: { brokers: cluster.brokers.split(','), topic: 'logs' },
        got: async () => (await consumed(cluster.brokers, 'logs')).join('\n'),
        [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
      }
    },
  },
  nats: {
    needs: ['nats-server'],
    hasAbsence: true,
    async start() {
      const nats = await Nats.start()
      await nats.addStream('logs')
      return {
        params: { servers: [nats.server], subject: 'logs.shop' },
        got: async () => (await nats.messages('logs')).map(([, text]) => text).join('\n'),
        absence: { leave: () => nats.kill(), comeBack: () => nats.boot() },
        [Symbol.asyncDispose]: () => nats[Symbol.asyncDispose](),
      }
    },
  },
  'syslog over relp': { needs: ['rsyslogd', 'rsyslog-relp'], hasAbsence: true, start: rsyslogOver('relp') },
  'syslog over tcp': { needs: ['rsyslogd', 'rsyslog-relp'], hasAbsence: true, start: rsyslogOver('tcp') },
}

for (const [way, { needs: needed, hasAbsence, start }] of Object.entries(takers)) {
  describe.skipIf(!needs(...needed))(`the sink ${way}`, () => {
    const type = typeOf(way)
    const timesOf = (text: string, order: string): number => text.split(`"${order}"`).length - 1

    test('delivers what it says to have delivered, and puts nothing away for a huge record beside it', async () => {
      await using taker = await start()
      await using sink = await openSink(type, taker.params, taker.place)
      // What the other side makes when it is first asked for takes a moment.
      await poll('it takes something', 30_000, async () => (await sink.send([parcelOf([{}])], limit())).result === 'delivered')
      const huge = { order: 'huge', message: 'x'.repeat(3_000_000) }
      const parcel = parcelOf([{ ...records[0], order: 'first' }, huge, { order: 'last' }])
      let receipt = await sink.send([parcel], limit())
      if (receipt.result === 'too-large') {
        receipt = await sink.send([parcelOf([{ order: 'first' }])], limit())
        expect(receipt.result).toBe('delivered')
        receipt = await sink.send([parcelOf([{ order: 'last' }])], limit())
        expect(await sink.send([parcelOf([huge])], limit())).toMatchObject({ refused: [{ parcel: 0, record: 0 }] })
      }
      expect(receipt.result).toBe('delivered')
      if (receipt.result === 'delivered')
        for (const { parcel, record } of receipt.refused ?? []) expect({ parcel, record }).toEqual({ parcel: 0, record: 1 })
      const text = await taker.got()
      expect([timesOf(text, 'first'), timesOf(text, 'last')]).toEqual([1, 1])
    }, 90_000)

    test('takes again what was given up', async () => {
      await using taker = await start()
      await using sink = await openSink(type, taker.params, taker.place)
      await poll('it takes something', 30_000, async () => (await sink.send([parcelOf([{}])], limit())).result === 'delivered')
      const parcel = parcelOf([{ order: 'again' }])
      const { result } = await sink.send([parcel], AbortSignal.abort(new Error('over')))
      if (result !== 'delivered') expect((await sink.send([parcel], limit())).result).toBe('delivered')
      expect(timesOf(await taker.got(), 'again')).toBe(1)
    }, 90_000)

    test.skipIf(!hasAbsence)(
      'waits for one that went away, and goes on',
      async () => {
        await using taker = await start()
        await using sink = await openSink(type, taker.params, taker.place)
        await poll('it takes something', 30_000, async () => (await sink.send([parcelOf([{}])], limit())).result === 'delivered')
        await taker.absence?.leave()
        const parcel = parcelOf([{ order: 'kept' }])
        expect((await sink.send([parcel], limit())).result).toBe('later')
        await taker.absence?.comeBack()
        await poll('it takes it', 30_000, async () => (await sink.send([parcel], limit())).result === 'delivered')
        expect(timesOf(await taker.got(), 'kept')).toBe(1)
      },
      90_000,
    )
  })
}

const limit = (): AbortSignal => AbortSignal.timeout(20_000)

test('the sink stdout ends at its signal where nobody reads, and writes nothing twice', async () => {
  const read = Promise.withResolvers<void>()
  const written: string[] = []
  const stdout = (bytes: Uint8Array): Promise<void> => {
    written.push(Buffer.from(bytes).toString())
    return read.promise
  }
  await using sink = await openSink('stdout', {}, { stdout })
  const parcels = [parcelOf([{ n: 1 }])]
  expect((await sink.send(parcels, AbortSignal.timeout(50))).result).toBe('later')
  read.resolve()
  expect(await sink.send(parcels, limit())).toEqual({ result: 'delivered' })
  expect(await sink.send([parcelOf([{ n: 2 }])], limit())).toEqual({ result: 'delivered' })
  expect(written).toEqual(['{"n":1}\n', '{"n":2}\n'])
})

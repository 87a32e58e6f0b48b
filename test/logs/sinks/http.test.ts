import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Receipt } from '../../../src/lib/core/sink.ts'
import { LogServer } from './log-server.ts'
import { never, openSink, parcelOf, secret } from './opened.ts'

const record = { time: '2026-01-02T03:04:05Z', message: 'a "quoted" line\nand \u0000 more, \u{1f980}', status: 502 }

/** What the server answers, and what is to become of the records. */
const answers: readonly (readonly [status: number, receipt: Receipt['result']])[] = [
  [200, 'delivered'],
  [202, 'delivered'],
  [204, 'delivered'],
  [301, 'later'],
  [400, 'refused'],
  [401, 'later'],
  [403, 'later'],
  [404, 'later'],
  [408, 'later'],
  [409, 'later'],
  [413, 'too-large'],
  [415, 'later'],
  [422, 'refused'],
  [425, 'later'],
  [429, 'later'],
  [500, 'later'],
  [503, 'later'],
]

describe('the sink http', () => {
  test.each(answers)('takes %d for %s', async (status, result) => {
    await using server = await LogServer.start((_, response) => void response.writeHead(status).end())
    await using sink = await openSink('http', { url: server.url })
    expect((await sink.send([parcelOf([record])], never)).result).toBe(result)
  })

  test('sends whole records as lines, over one connection, with one key for the same parcels', async () => {
    await using server = await LogServer.start()
    await using sink = await openSink('http', { url: `${server.url}/ingest`, headers: { 'x-team': 'shop' } })
    const parcels = [parcelOf([record, record]), parcelOf([{ message: 'other' }])]
    await sink.send(parcels, never)
    await sink.send(parcels, never)
    await sink.send([...parcels.slice(0, 1), parcelOf([{ message: 'another' }])], never)
    const [first, second, third] = server.all
    expect(first?.path).toBe('/ingest')
    expect(first?.headers).toMatchObject({ 'content-type': 'application/x-ndjson', 'x-team': 'shop' })
    expect(first?.body.toString()).toBe(parcels.map(({ records }) => Buffer.from(records).toString()).join(''))
    expect(second?.headers['idempotency-key']).toBe(first?.headers['idempotency-key'])
    expect(third?.headers['idempotency-key']).not.toBe(first?.headers['idempotency-key'])
    expect(server.connections).toBe(1)
  })

  test('sends an array that is the same records', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { minLength: 1 }), { minLength: 1 }),
        async all => {
          await using server = await LogServer.start()
          await using sink = await openSink('http', { url: server.url, body: 'array' })
          const parcels = all.map(records => parcelOf(records.map(each => JSON.parse(JSON.stringify(each)))))
          await sink.send(parcels, never)
          expect(JSON.parse(server.all[0]?.body.toString() ?? '')).toEqual(JSON.parse(JSON.stringify(all.flat())))
        },
      ),
      { numRuns: 30 },
    )
  })

  test.each(['gzip', 'zstd'])('compresses by %s', async compression => {
    await using server = await LogServer.start()
    await using sink = await openSink('http', { url: server.url, compression })
    await sink.send([parcelOf([record])], never)
    expect(server.all[0]?.headers['content-encoding']).toBe(compression)
    expect(JSON.parse(server.all[0]?.body.toString() ?? '')).toEqual(record)
  })

  test('waits as long as it is asked to, in seconds and by a date', async () => {
    for (const [value, most] of [
      ['7', 7000],
      [new Date(Date.now() + 9000).toUTCString(), 9000],
    ] as const) {
      await using server = await LogServer.start((_, response) => void response.writeHead(429, { 'retry-after': value }).end())
      await using sink = await openSink('http', { url: server.url })
      const receipt = await sink.send([parcelOf([record])], never)
      expect(receipt).toMatchObject({ result: 'later' })
      expect('afterMs' in receipt ? receipt.afterMs : undefined).toBeWithin(most - 2500, most + 1)
    }
  })

  test('says what the server said, but nothing secret', async () => {
    await using server = await LogServer.start(
      ({ headers }, response) =>
        void response.writeHead(400).end(`no\n\u0007 use: ${headers['authorization']} ${headers['x-key']}`),
    )
    await using sink = await openSink('http', {
      url: server.url,
      bearer: { env: 'TOKEN' },
      headers: { 'x-key': { env: 'TOKEN' } },
    })
    const receipt = await sink.send([parcelOf([record])], never)
    expect(server.all[0]?.headers['authorization']).toBe(`Bearer ${secret}`)
    expect(receipt).toMatchObject({ result: 'refused', message: expect.stringContaining('answered 400: no use: Bearer ') })
    expect(JSON.stringify(receipt)).not.toContain(secret)
  })

  test('gives up at its signal when the server hangs, and tells later of one that resets or is away', async () => {
    await using server = await LogServer.start(() => undefined)
    await using sink = await openSink('http', { url: server.url })
    const receipt = await sink.send([parcelOf([record])], AbortSignal.timeout(200))
    expect(receipt.result).toBe('later')
    server.answer = (_, __, message) => void message.socket.resetAndDestroy()
    expect((await sink.send([parcelOf([record])], never)).result).toBe('later')
    const { port } = server
    await server[Symbol.asyncDispose]()
    await using away = await openSink('http', { url: `http://127.0.0.1:${port}` })
    expect((await away.send([parcelOf([record])], never)).result).toBe('later')
  })

  test('holds little of an answer that does not end', async () => {
    await using server = await LogServer.start((_, response) => {
      response.writeHead(200)
      const more = (): void => {
        if (response.destroyed) return
        response.write(Buffer.alloc(1_000_000))
        setImmediate(more)
      }
      more()
    })
    await using sink = await openSink('http', { url: server.url })
    expect((await sink.send([parcelOf([record])], AbortSignal.timeout(5000))).result).toBe('later')
  }, 20_000)
})

import { describe, expect, test } from 'bun:test'
import type { Json } from '../../src/lib/core/json.ts'
import { components } from '../../src/registry.generated.ts'
import { LogServer } from '../logs/sinks/log-server.ts'
import { never, openSink, parcelOf, secret } from '../logs/sinks/opened.ts'

// What holds for every sink that has a counterpart here.

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

for (const { type } of components.filter(({ kind }) => kind === 'sink')) {
  const counterpart = counterparts[type]
  describe.skipIf(counterpart === undefined)(`the sink ${type}`, () => {
    const { params, taken } = counterpart ?? { params: () => ({}), taken: '' }

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

    test.skipIf(counterpart?.bearer === false)('tells no secret that a server hands back', async () => {
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

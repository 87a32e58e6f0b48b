import { describe, expect, test } from 'bun:test'
import type { Answering } from './log-server.ts'
import { LogServer } from './log-server.ts'
import { never, openSink, parcelOf } from './opened.ts'

interface Push {
  readonly streams: readonly { readonly stream: Record<string, string>; readonly values: readonly [string, string, object?][] }[]
}

/**
 * What https://grafana.com/docs/loki/latest/reference/loki-http-api/#ingest-logs says of a push: times are texts of nanoseconds, streams have
 * labels, metadata are texts. `tooOld` of its entries are refused, the others taken.
 */
const loki =
  (taken: Set<string>, tooOld = 0n): Answering =>
  ({ method, path, headers, body }, response) => {
    if (method !== 'POST' || path !== '/loki/api/v1/push') return void response.writeHead(404).end()
    if (headers['content-type'] !== 'application/json') return void response.writeHead(415).end()
    const { streams } = JSON.parse(body.toString()) as Push
    let refused = ''
    for (const { stream, values } of streams) {
      if (Object.keys(stream).length === 0)
        return void response.writeHead(400).end('at least one label pair is required per stream')
      for (const [time, line, metadata = {}] of values) {
        if (typeof time !== 'string' || !/^\d{18,19}$/.test(time)) return void response.writeHead(400).end('bad time')
        if (Object.values(metadata).some(each => typeof each !== 'string'))
          return void response.writeHead(400).end('bad metadata')
        if (BigInt(time) < tooOld) refused = `entry for stream '${JSON.stringify(stream)}' has timestamp too old: ${time}`
        else taken.add(JSON.stringify([stream, time, line, metadata]))
      }
    }
    response.writeHead(refused === '' ? 204 : 400).end(refused)
  }

const params = (url: string, more = {}) => ({ url, labels: { job: 'shop', host: { field: 'host' } }, ...more })

describe('the sink loki', () => {
  test('groups records by their labels, with their time to the nanosecond', async () => {
    const taken = new Set<string>()
    await using server = await LogServer.start(loki(taken))
    await using sink = await openSink('loki', params(server.url, { tenant: 'ops', compression: 'gzip' }))
    const records = [
      { time: '2026-01-02T03:04:05.123456789+01:00', host: 'web1', message: 'one', trace_id: 'abc' },
      { host: 'web2', message: 'no time' },
      { time: '2026-01-02T03:04:06Z', message: 'no host' },
    ]
    expect(await sink.send([parcelOf(records)], never)).toEqual({ result: 'delivered' })
    expect([...taken].map(each => JSON.parse(each))).toEqual([
      [{ job: 'shop', host: 'web1' }, '1767319445123456789', JSON.stringify(records[0]), { trace_id: 'abc' }],
      [{ job: 'shop', host: 'web2' }, '1767319445123456789', JSON.stringify(records[1]), {}],
      [{ job: 'shop' }, '1767323046000000000', JSON.stringify(records[2]), {}],
    ])
    expect(server.all[0]?.headers).toMatchObject({ 'x-scope-orgid': 'ops', 'content-encoding': 'gzip' })
  })

  test('sends a field as the line, and the record where it has none', async () => {
    const taken = new Set<string>()
    await using server = await LogServer.start(loki(taken))
    await using sink = await openSink('loki', params(server.url, { line: 'message' }))
    await sink.send([parcelOf([{ message: 'hello' }, { other: 1 }])], never)
    expect([...taken].map(each => JSON.parse(each)[2])).toEqual(['hello', '{"other":1}'])
  })

  test('finds an entry that is too old by parting, and refuses it alone', async () => {
    const taken = new Set<string>()
    await using server = await LogServer.start(loki(taken, 1_700_000_000_000_000_000n))
    await using sink = await openSink('loki', params(server.url))
    const old = { time: '2001-01-01T00:00:00Z' }
    const parted = await sink.send([parcelOf([old, { time: '2026-01-01T00:00:00Z' }])], never)
    expect(parted).toMatchObject({ result: 'too-large', message: expect.stringContaining('timestamp too old') })
    expect(await sink.send([parcelOf([old])], never)).toMatchObject({ result: 'refused' })
    expect(taken.size).toBe(1)
  })

  test('waits where the tenant sends too much', async () => {
    await using server = await LogServer.start((_, response) => void response.writeHead(429, { 'retry-after': '2' }).end('limit'))
    await using sink = await openSink('loki', params(server.url))
    expect(await sink.send([parcelOf([{}])], never)).toMatchObject({ result: 'later', afterMs: 2000 })
  })
})

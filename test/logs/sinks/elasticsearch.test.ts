import { describe, expect, test } from 'bun:test'
import { type Answering, LogServer } from './log-server.ts'
import { never, openSink, parcelOf, secret } from './opened.ts'

interface Document {
  readonly index: string
  readonly id: string
  readonly source: Record<string, unknown>
}

/**
 * What https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-bulk says of a bulk request: an action and a source, a line each, the last
 * one with its newline; one item for each, in order. A record with `fails` gets that status.
 */
const bulk =
  (documents: Map<string, Document>): Answering =>
  ({ method, path, headers, body }, response) => {
    const { pathname } = new URL(path, 'http://x')
    if (method !== 'POST' || pathname !== '/es/_bulk') return void response.writeHead(404).end()
    if (headers['content-type'] !== 'application/x-ndjson') return void response.writeHead(406).end()
    const text = body.toString()
    if (!text.endsWith('\n')) return void response.writeHead(400).end('The bulk request must be terminated by a newline [\\n]')
    const lines = text.split('\n').slice(0, -1)
    const items = []
    for (let at = 0; at < lines.length; at += 2) {
      const { create } = JSON.parse(lines[at] ?? '')
      const source = JSON.parse(lines[at + 1] ?? '')
      const failed = source['fails'] ?? (documents.has(create._id) ? 409 : 0)
      if (failed)
        items.push({
          create: { status: failed, error: { type: failed === 400 ? 'document_parsing_exception' : 'busy', reason: 'because' } },
        })
      else {
        documents.set(create._id, { index: create._index, id: create._id, source })
        items.push({ create: { status: 201 } })
      }
    }
    const errors = items.some(({ create }) => create.status >= 300)
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ errors, items }))
  }

const params = (url: string, more = {}) => ({ url: `${url}/es`, index: 'shop-%Y.%m.%d', api_key: { env: 'KEY' }, ...more })

describe('the sink elasticsearch', () => {
  test('creates documents once, with a name of their own, in the index of their day', async () => {
    const documents = new Map<string, Document>()
    await using server = await LogServer.start(bulk(documents))
    await using sink = await openSink('elasticsearch', params(server.url))
    const parcels = [
      parcelOf(
        [
          { time: '2026-01-02T23:30:00-02:00', message: 'a' },
          { '@timestamp': 'kept', message: 'b' },
        ],
        'aa:0-9',
      ),
      parcelOf([{}], 'bb:0-3'),
    ]
    expect(await sink.send(parcels, never)).toEqual({ result: 'delivered' })
    expect(await sink.send(parcels, never)).toEqual({ result: 'delivered', refused: [] })
    expect([...documents.values()]).toEqual([
      {
        index: 'shop-2026.01.03',
        id: 'aa:0-9.0',
        source: { '@timestamp': '2026-01-02T23:30:00-02:00', time: '2026-01-02T23:30:00-02:00', message: 'a' },
      },
      { index: 'shop-2026.01.03', id: 'aa:0-9.1', source: { '@timestamp': 'kept', message: 'b' } },
      { index: 'shop-2026.01.03', id: 'bb:0-3.0', source: { '@timestamp': '2026-01-03T01:30:00.000Z' } },
    ])
    expect(server.all[0]?.headers['authorization']).toBe(`ApiKey ${secret}`)
  })

  test('tells which records were refused, and which are to be sent again', async () => {
    await using server = await LogServer.start(bulk(new Map()))
    await using sink = await openSink('elasticsearch', params(server.url))
    const receipt = await sink.send(
      [parcelOf([{ n: 1 }, { fails: 400 }]), parcelOf([{ fails: 429 }, { n: 2 }, { fails: 503 }])],
      never,
    )
    expect(receipt).toEqual({
      result: 'later',
      message: '2 of 5 records were not taken yet',
      pending: [
        { parcel: 1, record: 0 },
        { parcel: 1, record: 2 },
      ],
      refused: [{ parcel: 0, record: 1, reason: 'document_parsing_exception' }],
    })
  })

  test.each([
    ['an answer that is none', 'hello'],
    ['an answer of another request', '{"errors":true,"items":[]}'],
  ])('tries again behind %s', async (_, answer) => {
    await using server = await LogServer.start((__, response) => void response.writeHead(200).end(answer))
    await using sink = await openSink('elasticsearch', params(server.url))
    expect((await sink.send([parcelOf([{}])], never)).result).toBe('later')
  })

  test('waits where its key is wrong, and parts what is too large', async () => {
    for (const [status, result] of [
      [401, 'later'],
      [413, 'too-large'],
      [429, 'later'],
    ] as const) {
      await using server = await LogServer.start((_, response) => void response.writeHead(status).end())
      await using sink = await openSink('elasticsearch', params(server.url))
      expect((await sink.send([parcelOf([{}])], never)).result).toBe(result)
    }
  })
})

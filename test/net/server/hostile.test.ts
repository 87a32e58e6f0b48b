import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { EventHub } from '../../../src/lib/net/server/event-hub.ts'
import type { Handler } from '../../../src/lib/net/server/server-request.ts'
import { FakeClock } from '../../helpers/fake-clock.ts'
import { poll } from '../../helpers/poll.ts'
import { open } from './open.ts'
import { get, RawClient } from './raw-client.ts'

const never: Handler = () => new Promise(() => {})

describe('a client that is slow', () => {
  test('with its first head is cut after the time for heads', async () => {
    const clock = new FakeClock()
    await using server = await open({ clock })
    using client = new RawClient(server).send('GET / HTTP/1.1\r\nho')
    await poll('the connection', 5000, () => server.load.connections === 1)
    await clock.advance(9_999)
    expect(server.load.connections).toBe(1)
    await clock.advance(1)
    await client.closed()
    expect(server.load.connections).toBe(0)
  })

  test('with its next request is cut after the time for idleness', async () => {
    const clock = new FakeClock()
    await using server = await open({ clock })
    using client = new RawClient(server).send(get())
    await client.answers(1)
    await clock.advance(59_000)
    client.send(get())
    await client.answers(2)
    client.send('GET / HTTP/1.1\r\nx: ')
    await clock.advance(59_999)
    expect(client.isClosed).toBe(false)
    await clock.advance(1)
    await client.closed()
  })

  test('with its body gets 503 when the time is over, and the connection ends', async () => {
    const clock = new FakeClock()
    await using server = await open({ clock, handler: async request => ({ body: await request.body(100) }) })
    using client = new RawClient(server).send('POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10\r\n\r\nabc')
    await poll('the request', 5000, () => server.asked === 1)
    await clock.advance(60_000)
    expect(await client.answers(1)).toEqual([503])
    await client.closed()
  })

  test('to take its answer is cut, and what was not sent is never made', async () => {
    const clock = new FakeClock()
    let made = 0
    let isEnded = false
    async function* endless() {
      try {
        for (;;) {
          made++
          yield Buffer.alloc(65_536)
        }
      } finally {
        isEnded = true
      }
    }
    await using server = await open({ clock, handler: async () => ({ body: endless() }) })
    using client = new RawClient(server)
    client.socket.pause()
    client.send(get())
    await poll('the producer is ended', 20_000, async () => {
      await clock.advance(30_000)
      return isEnded
    })
    // What the buffers of the system hold, and no more.
    expect(made).toBeLessThan(400)
    expect(server.load.connections).toBe(0)
  })

  test('to take its events is cut at a bounded buffer', async () => {
    const hub = new EventHub()
    await using server = await open({ handler: async () => ({ events: hub.feed() }) })
    using client = new RawClient(server)
    client.socket.pause()
    client.send(get())
    await poll('the client listens', 5000, () => hub.listeners === 1)
    let sent = 0
    await poll('the client is cut', 20_000, () => {
      for (let each = 0; each < 10; each++) hub.publish({ data: 'x'.repeat(50_000) })
      sent += 10
      return hub.listeners === 0
    })
    // Besides our buffer there is only that of the system.
    expect(sent * 50_000).toBeLessThan(40_000_000)
    expect(server.load.eventStreams).toBe(0)
  })
})

describe('a client that goes', () => {
  test('aborts its request', async () => {
    let aborted: unknown
    const handler: Handler = ({ signal }) =>
      new Promise(() => {
        signal.addEventListener('abort', () => {
          aborted = signal.reason
        })
      })
    await using server = await open({ handler })
    using client = new RawClient(server).send(get())
    await poll('the request', 5000, () => server.asked === 1)
    client.socket.destroy()
    await poll('the abort', 5000, () => aborted !== undefined)
  })

  test('in the middle of its body is no trouble of ours', async () => {
    await using server = await open({ handler: async request => ({ body: await request.body(100) }) })
    using client = new RawClient(server).send('POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10\r\n\r\nabc')
    await poll('the request', 5000, () => server.asked === 1)
    client.socket.resetAndDestroy()
    await poll('nobody is left', 5000, () => server.load.connections === 0)
    await server.close()
    expect(server.lines).toEqual([])
  })

  test('closes its side only has gone too', async () => {
    await using server = await open({ handler: never })
    using client = new RawClient(server).send(get())
    await poll('the request', 5000, () => server.asked === 1)
    client.socket.end()
    await client.closed()
    await poll('nobody is left', 5000, () => server.load.connections === 0)
  })
})

describe('many', () => {
  test('idle connections make room for a new one, the longest idle first', async () => {
    await using server = await open({ limits: { connections: 3 } })
    const clients = [1, 2, 3].map(() => new RawClient(server))
    for (const client of clients) await client.send(get()).answers(1)
    using late = new RawClient(server).send(get())
    await late.answers(1)
    await clients[0]?.closed()
    expect(clients.map(({ isClosed }) => isClosed)).toEqual([true, false, false])
    for (const client of clients) client[Symbol.dispose]()
  })

  test('connections with requests keep their place, and a new one is refused', async () => {
    await using server = await open({ limits: { connections: 2, drainMs: 10 }, handler: never })
    using first = new RawClient(server).send(get())
    using second = new RawClient(server).send(get())
    await poll('both', 5000, () => server.asked === 2)
    using late = new RawClient(server).send(get())
    await late.closed()
    expect([first.isClosed, second.isClosed]).toEqual([false, false])
  })

  test('streams of events are refused with 503 past the limit', async () => {
    const hub = new EventHub()
    await using server = await open({ limits: { eventStreams: 1 }, handler: async () => ({ events: hub.feed() }) })
    using first = new RawClient(server).send(get())
    expect(await first.answers(1)).toEqual([200])
    using second = new RawClient(server).send(get())
    expect(await second.answers(1)).toEqual([503])
    expect(second.received).toContain('Retry-After: 30'.toLowerCase())
  })

  test('requests sent at once are answered in order, and too many of them are cut', async () => {
    await using server = await open({ handler: async ({ query }) => ({ body: `<${query.get('n')}>` }) })
    using client = new RawClient(server).send([1, 2, 3, 4].map(n => get(`/?n=${n}`)).join(''))
    await client.answers(4)
    expect(client.received.match(/<\d>/g)).toEqual(['<1>', '<2>', '<3>', '<4>'])
    using flood = new RawClient(server).send(get().repeat(500))
    await flood.closed()
    expect(server.asked).toBeLessThanOrEqual(20)
  })
})

describe('what is no request', () => {
  test.each([
    ['garbage', 'GARBAGE\r\n\r\n', 400],
    ['a head that is too large', get('/', `x: ${'y'.repeat(20_000)}\r\n`), 431],
    ['two lengths', 'POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabc', 400],
    ['a length and chunks', 'POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n', 400],
    ['a folded field', get('/', 'x: a\r\n b\r\n'), 400],
    ['a space before the colon', get('/', 'x : a\r\n'), 400],
    ['NUL in the path', 'GET /a\0b HTTP/1.1\r\nhost: localhost\r\n\r\n', 400],
    ['no Host', 'GET / HTTP/1.1\r\n\r\n', 400],
    ['two Hosts', 'GET / HTTP/1.1\r\nhost: localhost\r\nhost: evil.test\r\n\r\n', 400],
    ['a path that climbs', get('/../etc/passwd'), 400],
    ['a path that climbs in disguise', get('/api/%2e%2E/passwd'), 400],
    ['an encoded NUL', get('/api/%00'), 400],
    ['half an escape', get('/api/%e'), 400],
    ['a fragment', get('/api#x'), 400],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
  ])('%s is refused', async (_, bytes, status) => {
    await using server = await open()
    using client = new RawClient(server).send(bytes)
    expect(await client.answers(1)).toEqual([status])
    expect([server.asked, server.lines]).toEqual([0, []])
  })

  test('a proxy is not what we are', async () => {
    await using server = await open()
    using client = new RawClient(server).send('CONNECT db.test:5432 HTTP/1.1\r\nhost: db.test:5432\r\n\r\n')
    await client.closed()
    expect(client.received).not.toContain('200')
  })

  test('an upgrade is not made', async () => {
    await using server = await open()
    using client = new RawClient(server).send(get('/', 'connection: upgrade\r\nupgrade: websocket\r\n'))
    expect(await client.answers(1)).toEqual([200])
  })
})

test('whatever comes, the server answers the next one', async () => {
  await using server = await open({ handler: async ({ path, query }) => ({ body: `${path} ${query}` }) })
  const target = fc.stringMatching(/^[ -~]{0,40}$/)
  const field = fc.tuple(fc.stringMatching(/^[a-z-]{1,12}$/), fc.string({ unit: 'binary', maxLength: 40 }))
  await fc.assert(
    fc.asyncProperty(target, fc.array(field, { maxLength: 5 }), async (path, fields) => {
      using client = new RawClient(server)
      client.send(`GET /${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n`)
      client.send(`${fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`)
      client.socket.end()
      await client.closed()
    }),
    { numRuns: 100 },
  )
  expect(await (await fetch(server.url)).text()).toBe('/ ')
  expect(server.lines).toEqual([])
  await poll('nobody is left', 5000, () => server.load.connections <= 1)
}, 30_000)

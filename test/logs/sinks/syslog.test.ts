import { describe, expect, test } from 'bun:test'
import type { Socket } from 'node:net'
import type { Json } from '../../../src/lib/core/json.ts'
import { ParamsError } from '../../../src/lib/core/params.ts'
import syslogSink from '../../../src/lib/logs/sinks/syslog.ts'
import { TestAuthority } from '../../helpers/certificates.ts'
import { needs } from '../../helpers/needs.ts'
import { poll } from '../../helpers/poll.ts'
import { Rsyslog } from '../../helpers/rsyslog.ts'
import { tempDir } from '../../helpers/temp-dir.ts'
import { type Listening, tcpServer } from '../../helpers/tls-server.ts'
import { built, parcel, send, sinkPlace } from './sink-place.ts'

const open = (params: Record<string, Json>) => built(syslogSink, params).open(sinkPlace())

/** A receiver that reads to the end, and ends its side then. */
async function receiver(): Promise<Listening & { readonly connections: string[] }> {
  const connections: string[] = []
  const listening = await tcpServer(socket => {
    const index = connections.push('') - 1
    socket.on('data', data => {
      connections[index] = `${connections[index]}${data}`
    })
  })
  return Object.assign(listening, { connections })
}

const paid = {
  ...{ time: '2026-03-09T07:05:01.1234567+01:00', host: 'web 1', app: 'shop', pid: 812, message_id: 'pay' },
  ...{ facility: 'local3', severity: 'warning', message: 'zwei\nZeilen ✓' },
}

describe('a message', () => {
  test.each<[what: string, params: Record<string, Json>, record: Record<string, Json>, message: string]>([
    ['has what the record has', {}, paid, '<156>1 2026-03-09T07:05:01.123456+01:00 web_1 shop 812 pay - zwei\nZeilen ✓'],
    [
      'of RFC 3164 has the clock of the record',
      { format: 'rfc3164' },
      paid,
      '<156>Mar  9 07:05:01 web_1 shop[812]: zwei\nZeilen ✓',
    ],
    [
      'has ids in its structured data',
      { host: 'h' },
      { message: 'm', trace_id: 'a"b\\c]d', request_id: 7 },
      '<14>1 - h - - - [trace@32473 trace_id="a\\"b\\\\c\\]d" request_id="7"] m',
    ],
    [
      'keeps the structured data that it came with, and each element once',
      { host: 'h', data: { 'shop@1': ['user.id'] } },
      { message: 'm', user: { id: 'ann' }, data: { 'x@2': { k: 'v' }, 'shop@1': { k: 'v' }, 'no name': { k: 'v' }, odd: 'x' } },
      '<14>1 - h - - - [shop@1 user.id="ann"][x@2 k="v"] m',
    ],
    [
      'takes fixed words',
      { host: 'h', app: 'shop', facility: 'cron', severity: 'debug' },
      { message: 'm' },
      '<79>1 - h shop - - - m',
    ],
    ['takes the level of an application', { host: 'h' }, { message: 'm', level: 'FATAL' }, '<10>1 - h - - - - m'],
    ['knows numbers', { host: 'h' }, { message: 'm', facility: 23, severity: 0 }, '<184>1 - h - - - - m'],
    ['has no leap second', { host: 'h' }, { message: 'm', time: '2016-12-31T23:59:60Z' }, '<14>1 - h - - - - m'],
    ['is the record where there is no text', { host: 'h' }, { n: 1 }, '<14>1 - h - - - - {"n":1}'],
    ['is the record where that is wished', { host: 'h', message: 'json' }, { message: 'm' }, '<14>1 - h - - - - {"message":"m"}'],
    [
      'is of the wished field',
      { host: 'h', message: '{http.path} {status}' },
      { http: { path: '/' }, status: 200 },
      '<14>1 - h - - - - / 200',
    ],
    ['has words of printable ASCII', { host: 'h', app: '{a}' }, { a: 'ä b\u0000', message: 'm' }, '<14>1 - h __b_ - - - m'],
    [
      'of RFC 3164 has a tag without marks',
      { host: 'h', format: 'rfc3164', app: 'a[1]:', time: '{t}' },
      { t: paid.time, message: 'm' },
      '<14>Mar  9 07:05:01 h a_1__: m',
    ],
  ])('%s', async (_, params, record, message) => {
    await using server = await receiver()
    await using sink = await open({ server: `tcp://127.0.0.1:${server.port}`, ...params })
    expect(await send(sink, [parcel('a', record)])).toEqual({ result: 'delivered' })
    expect(server.connections).toEqual([`${Buffer.byteLength(message)} ${message}`])
  })

  test('is on one line where lines tell messages apart', async () => {
    await using server = await receiver()
    await using sink = await open({ server: `tcp://127.0.0.1:${server.port}`, framing: 'newline', host: 'h' })
    expect(await send(sink, [parcel('a', { message: 'a\nb' }), parcel('b', { message: 'c' })])).toEqual({ result: 'delivered' })
    expect(server.connections).toEqual(['<14>1 - h - - - - a#012b\n<14>1 - h - - - - c\n'])
  })

  test('that is too long is dead, or cut between characters', async () => {
    await using server = await receiver()
    const records = [{ message: 'short' }, { message: `${'x'.repeat(461)}✓✓` }]
    const params = { server: `tcp://127.0.0.1:${server.port}`, host: 'h', max_bytes: '480' }
    await using strict = await open(params)
    expect(await send(strict, [parcel('a', ...records)])).toEqual({
      result: 'delivered',
      refused: [{ parcel: 0, record: 1, reason: 'longer than max_bytes: 480' }],
    })
    await using cutting = await open({ ...params, long_messages: 'cut' })
    expect(await send(cutting, [parcel('a', ...records)])).toEqual({ result: 'delivered' })
    const short = '23 <14>1 - h - - - - short'
    expect(server.connections).toEqual([short, `${short}479 <14>1 - h - - - - ${'x'.repeat(461)}`])
  })

  test('over UDP is a datagram, and nobody there is noticed', async () => {
    const got: string[] = []
    const socket = await Bun.udpSocket({ hostname: '127.0.0.1', socket: { data: (_, data) => void got.push(data.toString()) } })
    await using sink = await open({ server: `udp://127.0.0.1:${socket.port}`, host: 'h' })
    expect(await send(sink, [parcel('a', { message: 'a\nb' }, { message: 'c' })])).toEqual({ result: 'delivered' })
    await poll('both came', 10_000, () => got.length === 2)
    expect(got).toEqual(['<14>1 - h - - - - a\nb', '<14>1 - h - - - - c'])
    socket.close()
    expect(await send(sink, [parcel('b', { message: 'd' })])).toEqual({ result: 'later', message: 'connection refused' })
  })
})

describe('plain syslog over TCP', () => {
  const records = parcel('a', ...Array.from({ length: 5000 }, (_, n) => ({ message: `${n} ${'x'.repeat(200)}` })))

  test.each<[what: string, serve: (socket: Socket) => void, message: RegExp]>([
    ['resets it with some of it unread', socket => void socket.once('data', () => socket.destroy()), /reset|closed/],
    ['resets it with all of it unread', socket => void setTimeout(() => socket.resetAndDestroy(), 50), /reset|closed/],
    ['reads no further', socket => void socket.pause(), /time/],
  ])('is sent again when the receiver %s', async (_, serve, message) => {
    await using server = await tcpServer(serve)
    await using sink = await open({ server: `tcp://127.0.0.1:${server.port}` })
    expect(await send(sink, [records], 2000)).toEqual({ result: 'later', message: expect.stringMatching(message) })
  })

  test('holds a connection where writing is enough, and makes another one when it was ended', async () => {
    const sockets: Socket[] = []
    await using server = await tcpServer(socket => void sockets.push(socket.resume()))
    await using sink = await open({ server: `tcp://127.0.0.1:${server.port}`, acknowledge: 'write' })
    for (const id of ['a', 'b']) expect(await send(sink, [parcel(id, { message: id })])).toEqual({ result: 'delivered' })
    expect(sockets).toHaveLength(1)
    sockets[0]?.end()
    // The end is on its way.
    await poll('another connection', 10_000, async () => {
      await send(sink, [parcel('c', { message: 'c' })])
      return sockets.length === 2
    })
  })

  test('does not make a connection for each of few records', async () => {
    await using server = await receiver()
    await using sink = await open({ server: `tcp://127.0.0.1:${server.port}` })
    const began = performance.now()
    for (const id of ['a', 'b']) await send(sink, [parcel(id, { message: id })])
    expect(performance.now() - began).toBeGreaterThan(900)
    expect(server.connections).toHaveLength(2)
  })
})

describe('RELP', () => {
  const opened = '1 rsp 46 200 OK\nrelp_version=0\ncommands=syslog,eventlog\n'

  /** Answers the first message that comes after the agreement with this. */
  const relp = (answers: string, agreement = opened) =>
    tcpServer(socket => {
      let isOpen = false
      socket.on('data', () => {
        socket.write(isOpen ? answers : agreement)
        isOpen = true
      })
    })

  test.each<[what: string, answers: string, agreement: string | undefined, message: string]>([
    ['an error', '2 rsp 12 500 no space\n', undefined, 'answered 500 no space'],
    ['goodbye', '0 serverclose 0\n', undefined, 'the server closed the connection'],
    ['something else', 'HTTP/1.1 400 Bad Request\r\n', undefined, 'what the server says is no RELP'],
    ['what nobody asked', '77 rsp 6 200 OK\n', undefined, 'the server answers what it was not asked'],
    ['far too much', '2 rsp 999999999 200', undefined, 'the server says 999999999 bytes at once'],
    ['that it takes no syslog', '', '1 rsp 24 200 OK\ncommands=eventlog\n', 'the server takes no messages of syslog'],
    ['no to everything', '', '1 rsp 10 500 not me\n', 'answered 500 not me'],
  ])('is tried again where the server says %s', async (_, answers, agreement, message) => {
    await using server = await relp(answers, agreement)
    await using sink = await open({ server: `relp://127.0.0.1:${server.port}` })
    expect(await send(sink, [parcel('a', { message: 'm' })])).toEqual({ result: 'later', message })
  })

  test('sends again only what was not acknowledged', async () => {
    await using server = await relp('2 rsp 6 200 OK\n3 rsp 6 200 OK\n4 rsp 3 500\n')
    await using sink = await open({ server: `relp://127.0.0.1:${server.port}` })
    const records = Array.from({ length: 4 }, (_, n) => ({ message: `${n}` }))
    expect(await send(sink, [parcel('a', ...records)])).toEqual({
      ...{ result: 'later', message: 'answered 500', refused: [] },
      pending: [
        { parcel: 0, record: 2 },
        { parcel: 0, record: 3 },
      ],
    })
  })

  test('takes answers in pieces', async () => {
    await using server = await tcpServer(socket => {
      let came = ''
      socket.on('data', async data => {
        came += data
        if (!came.endsWith('\n')) return
        const all = came.startsWith('1 open') && !came.includes(' syslog ') ? opened : '2 rsp 6 200 OK\n3 rsp 0\n'
        came = ''
        for (const byte of all) {
          socket.write(byte)
          await Bun.sleep(1)
        }
      })
    })
    await using sink = await open({ server: `relp://127.0.0.1:${server.port}` })
    expect(await send(sink, [parcel('a', { message: 'm' }, { message: 'n' })])).toEqual({ result: 'delivered' })
  })

  test('begins a new session where the server has closed the last one', async () => {
    let sessions = 0
    await using server = await tcpServer(socket => {
      let isOpen = false
      sessions++
      socket.on('data', () => {
        if (isOpen) socket.end('2 rsp 6 200 OK\n0 serverclose 0\n')
        else socket.write(opened)
        isOpen = true
      })
    })
    await using sink = await open({ server: `relp://127.0.0.1:${server.port}` })
    for (const id of ['a', 'b']) {
      expect(await send(sink, [parcel(id, { message: 'm' })])).toEqual({ result: 'delivered' })
    }
    expect(sessions).toBe(2)
  })

  test('ends at its signal when nothing is answered', async () => {
    await using server = await relp('')
    await using sink = await open({ server: `relp://127.0.0.1:${server.port}` })
    expect((await send(sink, [parcel('a', { message: 'm' })], 200)).result).toBe('later')
  })
})

test.each<[Record<string, Json>, RegExp]>([
  [{ server: 'http://x' }, /is no server of syslog/],
  [{ server: 'relp://x' }, /is no server of syslog/],
  [{ server: 'tcp://x:70000' }, /is no server of syslog/],
  [{ server: 'udp://x', max_bytes: '1MiB' }, /65507 bytes at most/],
  [{ server: 'tcp://x', max_bytes: '100' }, /less than the 480/],
  [{ server: 'tcp://x', facility: 'shop' }, /is no facility/],
  [{ server: 'tcp://x', severity: 'loud' }, /is no severity/],
  [{ server: 'tcp://x', data: { shop: ['a'] } }, /is no name of structured data/],
])('%j is refused', (params, message) => {
  expect(() => syslogSink.build(params)).toThrow(ParamsError)
  expect(() => syslogSink.build(params)).toThrow(message)
})

describe.skipIf(!needs('rsyslogd', 'rsyslog-relp'))('rsyslogd', () => {
  test.each(['udp', 'tcp', 'relp'] as const)(
    'understands what comes over %s',
    async protocol => {
      await using rsyslog = await Rsyslog.start()
      const server = `${protocol}://127.0.0.1:${rsyslog.ports[protocol]}`
      for (const format of ['rfc5424', 'rfc3164']) {
        await using sink = await open({ server, format })
        expect(await send(sink, [parcel('a', { ...paid, trace_id: 'a]b' })])).toEqual({ result: 'delivered' })
      }
      const messages = await poll('both came', 10_000, () => rsyslog.messages().length === 2 && rsyslog.messages())
      expect(messages[0]).toBe(
        '2026-03-09T07:05:01.123456+01:00 web_1 local3 warning shop 812 pay [trace@32473 trace_id="a\\]b"] zwei#012Zeilen ✓',
      )
      expect(messages[1]).toMatch(/^2026-03-09T07:05:01\S* web_1 local3 warning shop 812 - - {2}zwei#012Zeilen ✓$/)
    },
    60_000,
  )

  test('gets many messages over RELP, each once and in order', async () => {
    await using rsyslog = await Rsyslog.start()
    await using sink = await open({ server: `relp://127.0.0.1:${rsyslog.ports.relp}` })
    const records = Array.from({ length: 5000 }, (_, n) => ({ message: `order ${n}` }))
    expect(await send(sink, [parcel('a', ...records)], 30_000)).toEqual({ result: 'delivered' })
    expect(rsyslog.messages().map(message => /order (\d+)$/.exec(message)?.[1])).toEqual(records.map((_, n) => String(n)))
  }, 60_000)
})

describe.skipIf(!needs('rsyslogd', 'rsyslog-relp', 'rsyslog-gnutls', 'openssl'))('rsyslogd with TLS', () => {
  test('is asked who it is, and asks', async () => {
    await using directory = await tempDir()
    const ca = await TestAuthority.root(directory.path, { name: 'logs ca' })
    const issued = await ca.issue({ name: 'logs.test', names: ['IP:127.0.0.1'] })
    const client = await ca.issue({ name: 'shop.test', names: ['DNS:shop.test'] })
    const stranger = await TestAuthority.root(directory.path, { name: 'stranger' })
    await using rsyslog = await Rsyslog.start({ ...issued, ca: ca.cert, client: 'shop.test' })
    const { tcp, relp } = rsyslog.ports
    for (const server of [`tls://127.0.0.1:${tcp}`, `relps://127.0.0.1:${relp}`]) {
      await using sink = await open({ server, ca: ca.cert, cert: client.cert, key: client.key })
      expect(await send(sink, [parcel('a', { message: server })])).toEqual({ result: 'delivered' })
      await using wrong = await open({ server, ca: stranger.cert })
      expect((await send(wrong, [parcel('a', { message: 'secret' })])).result).toBe('later')
      await using other = await open({ server, ca: ca.cert, server_name: 'other.test' })
      expect((await send(other, [parcel('a', { message: 'secret' })])).result).toBe('later')
    }
    await using unknown = await open({ server: `relps://127.0.0.1:${relp}`, ca: ca.cert })
    expect((await send(unknown, [parcel('a', { message: 'secret' })])).result).toBe('later')
    expect(rsyslog.messages().map(message => message.slice(message.lastIndexOf(' ') + 1))).toEqual([
      `tls://127.0.0.1:${tcp}`,
      `relps://127.0.0.1:${relp}`,
    ])
  }, 120_000)
})

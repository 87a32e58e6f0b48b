import { describe, expect, test } from 'bun:test'
import { spawn, spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import type { Json } from '../../../src/lib/core/json.ts'
import syslog from '../../../src/lib/logs/sources/syslog.ts'
import { TestAuthority } from '../../helpers/certificates.ts'
import { needs } from '../../helpers/needs.ts'
import { tempDir } from '../../helpers/temp-dir.ts'
import { Taker, type TakerOptions } from './taker.ts'

/** A source that listens, and the ports it got, in the order of `listen`. */
async function listening(
  params: Readonly<Record<string, Json>>,
  options: TakerOptions = {},
): Promise<{ readonly taker: Taker; readonly ports: number[] }> {
  const taker = new Taker(syslog.build(params), { follow: true, ...options })
  const { listen } = params
  const count = Array.isArray(listen) ? listen.length : 0
  const said = (): string[] => taker.logged.filter(line => line.includes('listens for syslog'))
  await taker.until('it listens', () => said().length === count)
  return { taker, ports: said().map(line => Number(/:(\d+)"/.exec(line)?.[1])) }
}

async function connected(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  return socket
}

const logger = (port: number, ...args: readonly string[]): void => {
  const { status, stderr } = spawnSync('logger', ['-n', '127.0.0.1', '-P', String(port), ...args], { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
}

describe('the source syslog', () => {
  test.skipIf(!needs('logger'))(
    'takes what logger sends, over UDP and TCP, in both formats and both framings',
    async () => {
      const { taker, ports } = await listening({ listen: ['udp://127.0.0.1:0', 'tcp://127.0.0.1:0'] })
      await using _ = taker
      const [udp = 0, tcp = 0] = ports
      logger(udp, '--udp', '--rfc5424', 'udp of now')
      logger(udp, '--udp', '--rfc3164', 'udp of old')
      logger(tcp, '--tcp', '--rfc5424', 'tcp of now')
      logger(tcp, '--tcp', '--rfc3164', 'tcp of old')
      logger(tcp, '--tcp', '--rfc5424', '--octet-count', 'counted of now')
      logger(tcp, '--tcp', '--rfc3164', '--octet-count', 'counted of old')
      await taker.until('all came', ({ lines }) => lines.length >= 6)
      const sent = taker.lines.map(line => /^<13>(1 )?.* ((?:udp|tcp|counted) of (?:now|old))$/.exec(line)?.slice(1).join(''))
      expect(sent.sort()).toEqual([
        '1 counted of now',
        '1 tcp of now',
        '1 udp of now',
        'counted of old',
        'tcp of old',
        'udp of old',
      ])
      expect(new Set(taker.events.map(({ fields }) => fields?.['source_address']))).toEqual(new Set(['127.0.0.1']))
    },
    60_000,
  )

  test.skipIf(!needs('rsyslogd'))(
    'takes what rsyslogd forwards, every message once and in order',
    async () => {
      await using directory = await tempDir()
      const { taker, ports } = await listening({
        listen: ['udp://127.0.0.1:0', 'tcp://127.0.0.1:0', 'tcp://127.0.0.1:0'],
      })
      await using _ = taker
      const [udp, lines, counted] = ports
      const input = join(directory.path, 'input.sock')
      const forward = (port: number | undefined, protocol: string, framing: string): string =>
        `action(type="omfwd" target="127.0.0.1" port="${port}" protocol="${protocol}" ${framing} template="RSYSLOG_SyslogProtocol23Format")`
      await writeFile(
        join(directory.path, 'rsyslog.conf'),
        [
          'module(load="imuxsock" SysSock.Use="off")',
          `input(type="imuxsock" Socket="${input}" RateLimit.Interval="0")`,
          forward(udp, 'udp', ''),
          forward(lines, 'tcp', 'TCP_Framing="traditional"'),
          forward(counted, 'tcp', 'TCP_Framing="octet-counted"'),
        ].join('\n'),
      )
      const config = ['-n', '-f', join(directory.path, 'rsyslog.conf'), '-i', join(directory.path, 'pid')]
      const daemon = spawn('rsyslogd', config, { stdio: 'ignore' })
      try {
        await taker.until('rsyslogd is there', () => spawnSync('test', ['-S', input]).status === 0)
        const text = Array.from({ length: 300 }, (_, index) => `order ${index} paid`).join('\n')
        expect(spawnSync('logger', ['-u', input, '-t', 'shop'], { input: text }).status).toBe(0)
        await taker.until('all came', taker => taker.lines.filter(line => line.includes(' paid')).length >= 900)
      } finally {
        daemon.kill('SIGKILL')
        await once(daemon, 'exit')
      }
      const numbers = taker.lines.flatMap(line => /order (\d+) paid$/.exec(line)?.[1] ?? []).map(Number)
      const perNumber = Map.groupBy(numbers, number => number)
      expect([...perNumber.values()].every(found => found.length === 3)).toBe(true)
      expect([...perNumber.keys()]).toEqual(Array.from({ length: 300 }, (_, index) => index))
    },
    120_000,
  )

  test('keeps a message of several lines in one piece, and one datagram is one message', async () => {
    const { taker, ports } = await listening({ listen: ['udp://127.0.0.1:0', 'tcp://127.0.0.1:0'] })
    await using _ = taker
    const [udp = 0, tcp = 0] = ports
    const socket = createSocket('udp4')
    socket.send('<13>Mar  9 07:05:01 web1 app: it broke\n  at one\n  at two\n', udp, '127.0.0.1')
    const sender = await connected(tcp)
    sender.end('21 <13>first\nsecond line8 <13>next')
    await taker.until('all came', ({ events }) => events.length >= 3)
    socket.close()
    expect(taker.events.map(({ text }) => text).sort()).toEqual(
      ['<13>Mar  9 07:05:01 web1 app: it broke\n  at one\n  at two', '<13>first\nsecond line', '<13>next']
        .map(text => text)
        .sort(),
    )
  }, 60_000)

  test('reads no further while nobody takes what came, and loses nothing of it', async () => {
    const gate = Promise.withResolvers<void>()
    const { taker, ports } = await listening({ listen: ['tcp://127.0.0.1:0'] }, { takes: () => gate.promise })
    await using _ = taker
    const sender = await connected(ports[0] ?? 0)
    const message = (index: number): string => `<13>${String(index).padStart(5, '0')} ${'x'.repeat(10_000)}\n`
    let sent = 0
    const send = (): void => {
      while (sent < 5000 && sender.write(message(sent++)));
      if (sent === 5000) sender.end()
    }
    sender.on('drain', send)
    send()
    await taker.until('something came', ({ lines }) => lines.length > 0)
    await Bun.sleep(500)
    expect(sender.writableEnded).toBe(false)
    gate.resolve()
    await taker.until('all came', ({ lines }) => lines.length === 5000)
    expect(taker.lines.map(line => Number(line.slice(4, 9)))).toEqual(Array.from({ length: 5000 }, (_, index) => index))
    expect(taker.told).toEqual([])
  }, 120_000)

  test('tells how much of datagrams was lost when they come faster than they are taken', async () => {
    const gate = Promise.withResolvers<void>()
    const { taker, ports } = await listening({ listen: ['udp://127.0.0.1:0'] }, { takes: () => gate.promise })
    await using _ = taker
    const sender = createSocket('udp4')
    const datagram = Buffer.alloc(60_000, 'x')
    const total = 700
    for (let index = 0; index < total; index++)
      await new Promise(resolve => sender.send(datagram, ports[0] ?? 0, '127.0.0.1', resolve))
    await Bun.sleep(200)
    gate.resolve()
    sender.close()
    const [ours, systems] = ['datagrams came faster than they were taken', 'the system dropped datagrams']
    const lost = (): number =>
      taker.told.reduce((sum, event) => {
        if (event.kind !== 'gap') return sum
        if (event.reason === ours) return sum + (event.bytes ?? 0) / 60_000
        return sum + (event.reason === systems ? (event.to ?? 0) - event.from : 0)
      }, 0)
    await taker.until('every datagram is told of', ({ lines }) => lines.length + lost() === total)
    expect(lost()).toBeGreaterThan(0)
    expect(taker.lines.length).toBeGreaterThan(0)
  }, 60_000)

  test('refuses connections beyond the bound, and ends those that say nothing', async () => {
    const { taker, ports } = await listening({ listen: ['tcp://127.0.0.1:0'], connections: 1, idle: '300ms' })
    await using _ = taker
    const first = await connected(ports[0] ?? 0)
    const second = await connected(ports[0] ?? 0)
    second.on('error', () => {})
    await once(second, 'close')
    expect(first.destroyed).toBe(false)
    expect(taker.logged.join('\n')).toContain('there are 1 connections already')
    await once(first, 'close')
    const third = await connected(ports[0] ?? 0)
    third.end('<13>late\n')
    await taker.until('it came', ({ lines }) => lines.includes('<13>late'))
  }, 60_000)

  test('tells of a message that was cut off with its connection', async () => {
    const { taker, ports } = await listening({ listen: ['tcp://127.0.0.1:0'] })
    await using _ = taker
    const sender = await connected(ports[0] ?? 0)
    sender.end('9 <13>whole100 <13>begun')
    await taker.until('the gap', ({ told }) => told.length > 0)
    expect(taker.lines).toEqual(['<13>whole'])
    expect(taker.told).toMatchObject([{ kind: 'gap', bytes: 13, reason: 'a message was cut off with its connection' }])
  }, 60_000)

  test.each([
    ['cut', ['0123456789', 'short'], 20],
    ['skip', ['short'], undefined],
  ] as const)(
    'does with messages that are too long what is said: %s',
    async (longLines, lines, cutFrom) => {
      const framing = { maxLineBytes: 10, longLines }
      const { taker, ports } = await listening({ listen: ['tcp://127.0.0.1:0'] }, { framing })
      await using _ = taker
      const sender = await connected(ports[0] ?? 0)
      sender.end('20 012345678901234567895 short')
      await taker.until('all came', taker => taker.lines.includes('short'))
      expect(taker.lines).toEqual([...lines])
      expect(taker.events[0]?.cutFrom).toBe(cutFrom as never)
      expect(taker.told.map(event => (event.kind === 'gap' ? event.bytes : event.kind))).toEqual(longLines === 'skip' ? [20] : [])
    },
    60_000,
  )

  test('tells what it took before it was stopped, and ends its stream', async () => {
    const gate = Promise.withResolvers<void>()
    const { taker, ports } = await listening({ listen: ['tcp://127.0.0.1:0'] }, { takes: () => gate.promise })
    const sender = await connected(ports[0] ?? 0)
    sender.on('error', () => {})
    sender.write('<13>one\n')
    await taker.until('the first is taken', ({ lines }) => lines.length === 1)
    sender.write('<13>two\n')
    await Bun.sleep(200)
    const stopped = taker.stop()
    gate.resolve()
    await stopped
    expect(taker.lines).toEqual(['<13>one', '<13>two'])
    expect(taker.told.map(({ kind }) => kind)).toEqual(['end'])
  }, 60_000)

  test('takes messages over TLS, of clients with a certificate of its authority alone where one is named', async () => {
    await using directory = await tempDir()
    const authority = await TestAuthority.root(directory.path, { name: 'logs ca', key: 'ec:P-256' })
    const server = await authority.issue({ name: 'collector', names: ['IP:127.0.0.1'], key: 'ec:P-256' })
    const client = await authority.issue({ name: 'web1', key: 'ec:P-256' })
    const tls = { ...server, client_ca: authority.cert }
    const { taker, ports } = await listening({ listen: ['tls://127.0.0.1:0'], tls })
    await using _ = taker
    const send = async (identity: { readonly cert?: Buffer; readonly key?: Buffer }, text: string): Promise<void> => {
      const ca = await readFile(authority.cert)
      const socket = connectTls({ host: '127.0.0.1', port: ports[0] ?? 0, ca, ...identity })
      socket.on('error', () => {})
      socket.once('secureConnect', () => socket.end(text))
      await new Promise(resolve => socket.once('close', resolve))
    }
    await send({}, '<13>from a stranger\n')
    await send({ cert: await readFile(client.cert), key: await readFile(client.key) }, '23 <13>from a host of ours')
    await taker.until('it came', ({ lines }) => lines.length > 0)
    expect(taker.lines).toEqual(['<13>from a host of ours'])
    expect(taker.logged.join('\n')).toContain('it has no certificate of one of the authorities')
    const plain = await connected(ports[0] ?? 0)
    plain.on('error', () => {})
    plain.end('<13>in the clear\n')
    await taker.until('it was turned away', ({ logged }) => logged.join('\n').includes('TLS'))
    expect(taker.lines.length).toBe(1)
  }, 60_000)

  test.each([
    [{ listen: ['udp://0.0.0.0:514'] }, 'udp://0.0.0.0:514 takes messages from anybody who can reach it'],
    [{ listen: ['tcp://[::]:514'] }, 'takes messages from anybody'],
    [{ listen: ['tls://127.0.0.1'] }, 'tls:// needs tls:'],
    [{ listen: ['tls://0.0.0.0'], tls: { cert: 'a', key: 'b' } }, 'takes messages from anybody'],
    [{ listen: ['http://127.0.0.1'] }, 'is nothing to listen on'],
    [{ listen: [] }, 'listen'],
  ])('refuses %p', (params, message) => {
    expect(() => syslog.build(params)).toThrow(message)
  })

  test.each([
    { listen: ['udp://0.0.0.0:514'], insecure_listen: true },
    { listen: ['tls://0.0.0.0'], tls: { cert: 'a', key: 'b', client_ca: 'c' } },
  ])('takes %p', params => {
    expect(syslog.build(params).isReplayable).toBe(false)
  })
})

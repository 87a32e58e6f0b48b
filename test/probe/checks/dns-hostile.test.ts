import { describe, expect, test } from 'bun:test'
import { createSocket, type Socket } from 'node:dgram'
import type { DecodedPacket, Packet } from 'dns-packet'
import dns from '../../../src/lib/probe/checks/dns.ts'
import { deadlineGraceMs } from '../../helpers/deadline-grace.ts'
import { dnsServer, framed, reply, type Said, zoneLine } from '../../helpers/dns-server.ts'
import { type Listening, tcpServer } from '../../helpers/tls-server.ts'
import { checkPlace } from '../check-place.ts'

// Wants calm: looks may take 100 ms more than their deadline.

const deadlineMs = 400

async function look(port: number, transport: string) {
  const endpoint = `dns://127.0.0.1:${port}/shop.example`
  const start = performance.now()
  const result = await dns.build({ endpoint, transport, timeout: `${deadlineMs}ms` }).run(checkPlace())
  expect(performance.now() - start).toBeLessThan(deadlineMs + deadlineGraceMs)
  return result
}

const record = zoneLine('shop.example. 60 IN A 203.0.113.66')
const lie = (query: DecodedPacket, packet: Packet): Buffer => reply(query, { answers: [record], ...packet })
const other = [{ name: 'bank.example', type: 'A', class: 'IN' }] as const
const loop = (query: DecodedPacket): Buffer => {
  const answer = reply(query, {})
  answer.writeUInt16BE(1, 6)
  const at = answer.length
  return Buffer.concat([answer, Buffer.from([0xc0 | (at >> 8), at & 255, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 1, 2, 3, 4])])
}

type Liar = (query: DecodedPacket, asked: { readonly bytes: Buffer }) => Said

const servers: readonly (readonly [what: string, says: Liar, overUdp: string, overTcp: string])[] = [
  ['nothing', () => undefined, 'no-answer', 'timeout'],
  ['the question', (_, { bytes }) => bytes, 'protocol', 'protocol'],
  ['garbage', () => Buffer.from('SSH-2.0-OpenSSH_9.2\r\n'), 'protocol', 'protocol'],
  ['a datagram of nothing', () => Buffer.alloc(0), 'protocol', 'protocol'],
  ['an answer of another id', query => lie(query, { id: (query.id ?? 0) ^ 1 }), 'protocol', 'protocol'],
  ['an answer to another question', query => lie(query, { questions: [...other] }), 'protocol', 'protocol'],
  ['a name that leads to itself', loop, 'protocol', 'protocol'],
  ['65,507 bytes of zeros', query => Buffer.concat([reply(query, {}), Buffer.alloc(65_400)]), 'missing', 'missing'],
  ['more lies than anybody listens to', query => new Array<Buffer>(1000).fill(lie(query, { id: 0 })), 'protocol', 'protocol'],
  ['that its answer is too long, always', () => ({ flags: 0x0200 }), 'missing', 'missing'],
  ['more records than are taken', query => crowded(query), 'too-large', 'too-large'],
]

function crowded(query: DecodedPacket): Buffer {
  const answer = reply(query, {})
  answer.writeUInt16BE(4000, 6)
  const each = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 1, 2, 3, 4])
  return Buffer.concat([answer, ...new Array<Buffer>(4000).fill(each)])
}

describe('a name server that says', () => {
  for (const [what, says, overUdp, overTcp] of servers) {
    test.each([
      ['udp', overUdp],
      ['tcp', overTcp],
    ])(`${what}, over %s, ends as %s in time`, async (transport, reason) => {
      await using server = await dnsServer(says)
      expect(await look(server.port, transport)).toMatchObject({ verdict: 'fail', reason })
    })
  }

  test('the truth after lies is believed', async () => {
    await using server = await dnsServer(query => [
      lie(query, { id: (query.id ?? 0) ^ 1 }),
      lie(query, { questions: [...other] }),
      reply(query, { answers: [zoneLine('shop.example. 60 IN A 192.0.2.1')] }),
    ])
    expect(await look(server.port, 'udp')).toMatchObject({ verdict: 'pass' })
    const result = await dns
      .build({
        endpoint: `dns://127.0.0.1:${server.port}/shop.example`,
        dimensions: [{ type: 'dns_answer', equals: ['192.0.2.1'] }],
      })
      .run(checkPlace())
    expect(result.verdict).toBe('pass')
  })

  test('the right thing from another address is not heard', async () => {
    await using server = await udpPair((query, { other: socket, port, address }) => socket.send(query, port, address))
    expect(await look(server.port, 'udp')).toMatchObject({ verdict: 'fail', reason: 'no-answer' })
  })
})

describe('a name server over TCP', () => {
  const over = async (serve: Parameters<typeof tcpServer>[0]): Promise<string | undefined> => {
    await using server: Listening = await tcpServer(serve)
    return (await look(server.port, 'tcp')).reason
  }

  test('that closes at once, in the length, or in the answer has reset the connection', async () => {
    expect(await over(socket => socket.end())).toBe('reset')
    expect(await over(socket => socket.end(Buffer.from([0])))).toBe('reset')
    expect(await over(socket => socket.end(framed(Buffer.alloc(100)).subarray(0, 50)))).toBe('reset')
    expect(await over(socket => void socket.once('data', () => socket.resetAndDestroy()))).toBe('reset')
  })

  test('that sends a byte now and then is out of time', async () => {
    const reason = await over(socket => {
      const drip = setInterval(() => socket.write('\u0001'), 20)
      socket.on('close', () => clearInterval(drip))
    })
    expect(reason).toBe('timeout')
  })

  test('that never stops sending is not listened to', async () => {
    const reason = await over(socket => {
      const pour = (): void => {
        while (!socket.destroyed && socket.write(Buffer.alloc(65_536, 1)));
      }
      socket.on('drain', pour)
      pour()
    })
    expect(reason).toBe('protocol')
  })
})

interface Pair {
  readonly other: Socket
  readonly port: number
  readonly address: string
}

/** A server of datagrams with a second socket, from whose port it can answer. */
async function udpPair(serve: (bytes: Buffer, pair: Pair) => void): Promise<Listening> {
  const [one, other] = [createSocket('udp4'), createSocket('udp4')]
  for (const socket of [one, other]) await new Promise<void>(resolve => socket.bind(0, '127.0.0.1', resolve))
  one.on('message', (bytes, { port, address }) => {
    const answer = Buffer.from(bytes)
    answer[2] = 0x81
    serve(answer, { other, port, address })
  })
  return {
    port: one.address().port,
    async [Symbol.asyncDispose]() {
      one.close()
      other.close()
    },
  }
}

import { createSocket } from 'node:dgram'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { type Answer, type DecodedPacket, decode, encode, type Packet } from 'dns-packet'

type Via = 'udp' | 'tcp' | 'tls'
/** A message, bytes that are sent as they are, several of them, or silence. */
export type Said = Packet | Buffer | readonly (Packet | Buffer)[] | undefined
export type Zone = (query: DecodedPacket, asked: { readonly via: Via; readonly bytes: Buffer }) => Said

export interface DnsServer extends AsyncDisposable {
  readonly port: number
  /** Over TLS, where there is a certificate. */
  readonly tlsPort: number
  readonly asked: readonly Via[]
}

interface Options {
  readonly host?: string
  readonly tls?: { readonly cert: string; readonly key: string }
}

/** A name server on a free port, over UDP and TCP (RFC 1035, section 4.2), and over TLS on another (RFC 7858). */
export async function dnsServer(zone: Zone, { host = '127.0.0.1', tls }: Options = {}): Promise<DnsServer> {
  const asked: Via[] = []
  const open = new Set<Socket>()
  const answersTo = (bytes: Buffer, via: Via): Buffer[] => {
    asked.push(via)
    const query = decode(bytes)
    const said = zone(query, { via, bytes })
    const all = said === undefined ? [] : Array.isArray(said) ? said : [said]
    return all.map(each => (Buffer.isBuffer(each) ? each : reply(query, each)))
  }
  const serve = (via: Via) => (socket: Socket) => {
    open.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => open.delete(socket))
    let held = Buffer.alloc(0)
    socket.on('data', (chunk: Buffer) => {
      held = Buffer.concat([held, chunk])
      if (held.length < 2 || held.length < held.readUInt16BE(0) + 2) return
      for (const bytes of answersTo(held.subarray(2, held.readUInt16BE(0) + 2), via)) socket.write(framed(bytes))
    })
  }
  const tcp = createServer(serve('tcp'))
  await new Promise<void>(resolve => tcp.listen(0, host, resolve))
  const { port } = tcp.address() as AddressInfo
  const secure = tls && createTlsServer(tls, serve('tls'))
  if (secure) await new Promise<void>(resolve => secure.listen(0, host, resolve))
  const udp = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  udp.on('message', (bytes, from) => {
    for (const answer of answersTo(bytes, 'udp')) udp.send(answer, from.port, from.address)
  })
  await new Promise<void>(resolve => udp.bind(port, host, resolve))
  return {
    port,
    tlsPort: secure ? (secure.address() as AddressInfo).port : 0,
    asked,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy()
      udp.close()
      secure?.close()
      await new Promise(resolve => tcp.close(resolve))
    },
  }
}

/** With the length before it. */
export function framed(bytes: Buffer): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(bytes.length)
  return Buffer.concat([length, bytes])
}

/** An answer to a query: its id and its question, unless the answer has others. */
export function reply(query: DecodedPacket, { flags = 0, ...rest }: Packet): Buffer {
  const asked = (query.flags ?? 0) & 0x0100
  const { id, questions } = query
  return encode({
    type: 'response',
    ...(id !== undefined && { id }),
    ...(questions && { questions }),
    flags: flags | asked,
    ...rest,
  })
}

/** A record from a line of a zone file: `example.com. 3600 IN A 127.0.0.1`. */
export function zoneLine(line: string): Answer {
  const [name = '', ttl, kind, type, ...words] = line.split(' ')
  const [first = '', second = '', ...rest] = words
  const data =
    type === 'MX'
      ? { preference: Number(first), exchange: second }
      : type === 'TXT'
        ? [words.join(' ').replaceAll('"', '')]
        : type === 'SOA'
          ? { mname: first, rname: second, ...numbers(['serial', 'refresh', 'retry', 'expire', 'minimum'], rest) }
          : type === 'SRV'
            ? { ...numbers(['priority', 'weight', 'port'], words), target: words[3] }
            : first
  // A test that writes a wrong line fails by what the server says.
  return { name, ttl: Number(ttl), class: kind, type, data } as Answer
}

const numbers = (names: readonly string[], words: readonly string[]): Record<string, number> =>
  Object.fromEntries(names.map((name, index) => [name, Number(words[index])]))

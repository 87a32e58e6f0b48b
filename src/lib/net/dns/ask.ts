import { randomInt } from 'node:crypto'
import type { Duplex } from 'node:stream'
import type { Dialer } from '../dial.ts'
import { hostText, type OpenOptions, openStream } from '../http/open-stream.ts'
import { NetError } from '../net-error.ts'
import { resolveOne } from '../resolve-one.ts'
import type { TlsWish } from '../secure-stream.ts'
import { tlsFailure } from '../tls/tls-failure.ts'
import { exchangeDatagrams } from '../udp.ts'
import { type DnsMessage, type DnsQuery, encodeQuery, readAnswer } from './message.ts'

export interface DnsServer {
  readonly host: string
  readonly port: number
}

/** How a question is sent: in a datagram (and again over TCP where the answer does not fit into one), over TCP, or over TLS (RFC 7858). */
export type DnsTransport = 'udp' | 'tcp' | 'tls'

export interface AskDns extends OpenOptions {
  readonly transport: DnsTransport
  /** The way to the server; datagrams can be sent from here only. */
  readonly dialer: Dialer
  /** Of the server's address. */
  readonly family?: 0 | 4 | 6
  /** Local address that datagrams are sent from; the dialer knows its own. */
  readonly source?: string
  /** An answer that does not fit into a datagram is taken as it is, instead of asking again over TCP. */
  readonly takesTruncated?: boolean
  /** For DNS over TLS; its certificate is verified. */
  readonly secured?: Omit<TlsWish, 'serverName'> & { readonly serverName?: string }
}

export interface DnsAnswer {
  readonly message: DnsMessage
  /** What it came by at last. */
  readonly transport: DnsTransport
}

/** A server that sends more than this which is no answer is not listened to any more. */
const maxStrange = 64

/**
 * Asks one server one question. What has another id or answers another question is not taken.
 * @throws NetError; the signal's reason
 */
export async function askDns(server: DnsServer, query: DnsQuery, options: AskDns): Promise<DnsAnswer> {
  const bytes = encodeQuery(query, randomInt(0x1_0000))
  const { transport } = options
  if (transport !== 'udp') return { message: await askOverStream(server, bytes, options), transport }
  const message = await askByDatagram(server, bytes, options)
  if (!message.truncated || options.takesTruncated) return { message, transport }
  options.progress.trace?.('answer   does not fit into a datagram: asked again over TCP')
  return { message: await askOverStream(server, bytes, { ...options, transport: 'tcp' }), transport: 'tcp' }
}

async function askByDatagram({ host, port }: DnsServer, query: Buffer, options: AskDns): Promise<DnsMessage> {
  const { clock, signal, progress, family = 0, source } = options
  const to = { ...(await resolveOne(host, { ...options, family })), port }
  progress.phase = 'wait'
  const start = clock.monotonic()
  const strange = { count: 0 }
  const take = (datagram: Buffer): DnsMessage | undefined => {
    const message = readAnswer(datagram, query)
    if (message === undefined) refuse(strange, progress.trace)
    return message
  }
  progress.trace?.(`send     ${query.length} bytes to ${hostText(to.address)}:${port}, UDP`)
  try {
    const message = await exchangeDatagrams({ to, payload: query, take, signal, ...(source !== undefined && { source }) })
    progress.done('wait', clock.monotonic() - start)
    return message
  } catch (error) {
    if (signal.aborted && strange.count > 0) throw strangeOnly()
    throw error
  }
}

function refuse(strange: { count: number }, trace: ((line: string) => void) | undefined): void {
  strange.count += 1
  trace?.('answer   to another question: not taken')
  if (strange.count > maxStrange) throw strangeOnly()
}

const strangeOnly = (): NetError => new NetError('protocol', 'all that came was no answer to the question', { phase: 'wait' })

async function askOverStream(server: DnsServer, query: Buffer, options: AskDns): Promise<DnsMessage> {
  const { transport, dialer, family, secured, clock, progress } = options
  const tls = transport === 'tls' ? { tls: { ...secured, serverName: secured?.serverName ?? server.host } } : {}
  const { stream } = await openStream({ dialer, endpoint: server, ...(family !== undefined && { family }), ...tls }, options)
  progress.phase = 'wait'
  const start = clock.monotonic()
  try {
    progress.trace?.(`send     ${query.length} bytes over ${transport === 'tls' ? 'TLS' : 'TCP'}`)
    const bytes = await exchangeFramed(stream, query, options.signal)
    const message = readAnswer(bytes, query)
    if (message === undefined) throw strangeOnly()
    progress.done('wait', clock.monotonic() - start)
    return message
  } finally {
    stream.on('error', () => undefined)
    stream.destroy()
  }
}

/** Over a stream every message has its length before it, two bytes (RFC 1035, section 4.2.2). */
function exchangeFramed(stream: Duplex, query: Buffer, signal: AbortSignal): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const pieces: Buffer[] = []
    let held = 0
    let wanted: number | undefined
    const end = (settle: () => void): void => {
      signal.removeEventListener('abort', abort)
      stream.removeListener('data', data)
      settle()
    }
    const abort = (): void => end(() => reject(signal.reason))
    const failed = (error: Error): void => end(() => reject(tlsFailure(error, { phase: 'wait' })))
    const closed = (): void =>
      end(() =>
        reject(new NetError('reset', 'the server closed the connection before its answer was complete', { phase: 'wait' })),
      )
    const data = (chunk: Buffer): void => {
      pieces.push(chunk)
      held += chunk.length
      if (wanted === undefined && held >= 2) wanted = Buffer.concat(pieces).readUInt16BE(0) + 2
      const whole = wanted
      if (whole !== undefined && held >= whole) end(() => resolve(Buffer.concat(pieces).subarray(2, whole)))
    }
    signal.addEventListener('abort', abort, { once: true })
    stream.on('data', data)
    stream.once('error', failed)
    stream.once('end', closed)
    stream.once('close', closed)
    const length = Buffer.alloc(2)
    length.writeUInt16BE(query.length)
    stream.write(Buffer.concat([length, query]))
  })
}

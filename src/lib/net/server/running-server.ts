import { createServer, type IncomingMessage, type ServerResponse as Outgoing, type Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type Clock, sleep } from '../../core/clock.ts'
import type { Log } from '../../core/io.ts'
import type { Access } from './access.ts'
import { answer } from './answering.ts'
import { Connections } from './connections.ts'
import { EventStreams } from './event-streams.ts'
import { Exchange } from './exchange.ts'
import { IncomingRequest } from './incoming-request.ts'
import type { ServerLimits } from './limits.ts'
import type { ListenAddress } from './listen-address.ts'
import type { Listener } from './listener.ts'
import type { OriginGuard } from './origin-guard.ts'
import type { Peer } from './peer.ts'
import type { Handler } from './server-request.ts'
import type { ResponseHeaders } from './server-response.ts'
import { clientCertificateOf, type ServerTls } from './server-tls.ts'

interface Parts {
  readonly handler: Handler
  readonly clock: Clock
  readonly log: Log
  readonly access: Access
  readonly guard: OriginGuard
  readonly tls: ServerTls | undefined
  readonly limits: ServerLimits
}

/** Between looks at the files of TLS, milliseconds. */
const reloadMs = 10_000

/**
 * Listeners, the connections that they took, and the requests on them. HTTP itself is node:http's; it is handed the connections, because
 * only so do their number, the handshake and the head of a request have limits, and certificates can be changed under way.
 */
export class RunningServer implements AsyncDisposable {
  readonly #parts: Parts
  readonly #http: Server
  readonly #connections: Connections
  readonly #streams: EventStreams
  readonly #listeners: Listener[] = []
  readonly #peers = new WeakMap<Duplex, Peer>()
  readonly #running = new Set<Exchange>()
  #stopReloading: () => void = () => {}
  #forget: () => void = () => {}
  #closing: Promise<void> | undefined

  constructor(parts: Parts) {
    this.#parts = parts
    this.#connections = new Connections(parts.clock, parts.limits)
    this.#streams = new EventStreams(parts.clock, parts.limits)
    this.#http = createServer({
      maxHeaderSize: parts.limits.headerBytes,
      keepAliveTimeout: 0,
      requestTimeout: 0,
      headersTimeout: 0,
    })
    const take = (incoming: IncomingMessage, outgoing: Outgoing): void => {
      this.#take(incoming, outgoing)
    }
    this.#http.on('request', take)
    // Whether the body is wanted is known when it is read.
    this.#http.on('checkContinue', take)
    this.#http.on('clientError', (error, socket) => this.#refuse(error, socket))
    if (parts.tls) this.#reloadLater()
  }

  get addresses(): readonly ListenAddress[] {
    return this.#listeners.map(({ address }) => address)
  }

  get address(): ListenAddress {
    const [first] = this.#listeners
    if (first === undefined) throw new Error('a server that is open has a listener')
    return first.address
  }

  get load(): { readonly connections: number; readonly eventStreams: number } {
    return { connections: this.#connections.size, eventStreams: this.#streams.size }
  }

  add(listener: Listener): void {
    this.#listeners.push(listener)
  }

  closeWhen(signal: AbortSignal): void {
    const close = (): void => {
      this.close()
    }
    signal.addEventListener('abort', close, { once: true })
    this.#forget = () => signal.removeEventListener('abort', close)
  }

  /** Takes a connection over. */
  accept(socket: Socket, { isLocalSocket }: { readonly isLocalSocket: boolean }): void {
    const connection = this.#closing ? void socket.destroy() : this.#connections.admit(socket)
    if (connection === undefined) return
    const { tls } = this.#parts
    const remote = socket.remoteAddress?.replace(/^::ffff:(?=\d+\.)/, '') ?? 'unix'
    if (tls === undefined || isLocalSocket) {
      this.#peers.set(socket, { connection, remote, isLocalSocket, isSecure: false })
      this.#http.emit('connection', socket)
      return
    }
    const secure = tls.accept(socket, () => {
      const client = clientCertificateOf(secure)
      this.#peers.set(secure, { connection, remote, isLocalSocket, isSecure: true, ...(client && { client }) })
      this.#http.emit('connection', secure)
    })
    secure.on('error', () => socket.destroy())
  }

  async reload(): Promise<void> {
    const { tls, log } = this.#parts
    if (await tls?.reload()) log('info', 'the certificate was renewed', { file: tls?.options.cert })
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    const { clock, limits } = this.#parts
    this.#forget()
    this.#stopReloading()
    await Promise.all(this.#listeners.map(listener => listener.close()))
    this.#streams.closeAll()
    this.#connections.closeIdle()
    const patience = new AbortController()
    const gone = this.#connections.empty()
    await Promise.race([gone, sleep(clock, limits.drainMs, patience.signal).catch(() => {})])
    patience.abort()
    for (const exchange of this.#running) exchange.abort(new Error('the server closes'))
    this.#connections.closeAll()
    await gone
  }

  async #take(incoming: IncomingMessage, outgoing: Outgoing): Promise<void> {
    const peer = this.#peers.get(incoming.socket)
    if (peer === undefined || !peer.connection.begin()) return
    const { handler, clock, log } = this.#parts
    const began = clock.monotonic()
    const exchange = new Exchange({ incoming, outgoing }, this.#parts)
    this.#running.add(exchange)
    outgoing.once('close', () => {
      this.#running.delete(exchange)
      const { method, url: path } = incoming
      const ms = Math.round(clock.monotonic() - began)
      log('debug', 'answered a request', { remote: peer.remote, method, path, status: outgoing.statusCode, ms })
      peer.connection.end()
      if (this.#closing && !peer.connection.isAnswering) incoming.socket.destroySoon()
    })
    const ask = async () => handler(new IncomingRequest(exchange, peer, this.#parts))
    await answer(exchange, ask, { ...this.#parts, streams: this.#streams, headers: () => this.#headers(peer) })
  }

  #headers({ isSecure }: Peer): ResponseHeaders {
    const hsts = isSecure ? this.#parts.tls?.options.hstsSeconds : undefined
    return {
      ...(this.#closing && { connection: 'close' }),
      ...(hsts !== undefined && { 'strict-transport-security': `max-age=${hsts}` }),
    }
  }

  /** What is no request gets no more than a status. */
  #refuse(error: Error, socket: Duplex): void {
    const isAnswering = this.#peers.get(socket)?.connection.isAnswering ?? true
    if (isAnswering || !socket.writable) {
      socket.destroy()
      return
    }
    const isLarge = 'code' in error && error.code === 'HPE_HEADER_OVERFLOW'
    const status = isLarge ? '431 Request Header Fields Too Large' : '400 Bad Request'
    socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`, () => socket.destroy())
  }

  /** Trouble is told once, not every ten seconds. */
  #reloadLater(told = ''): void {
    const { clock, log } = this.#parts
    const again = async (): Promise<void> => {
      const trouble = await this.reload().then(
        () => '',
        error => String(error),
      )
      const isNew = trouble !== '' && trouble !== told
      if (isNew) log('error', 'the new certificate can not be used, the old one stays', { trouble })
      if (!this.#closing) this.#reloadLater(trouble)
    }
    this.#stopReloading = clock.timer(reloadMs, again, { background: true })
  }
}

import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Clock } from '../../core/clock.ts'
import type { ListenAddress } from './listen-address.ts'
import { Listener } from './listener.ts'
import { clientCertificateOf, type ServerTls } from './server-tls.ts'

/** A connection that is ready to be read. */
export interface Arrived {
  readonly stream: Duplex
  /** The address of the other end, or `unix`. */
  readonly remote: string
}

export interface StreamListenerOptions {
  readonly address: ListenAddress
  readonly tls?: ServerTls | undefined
  readonly clock: Clock
  /** Connections at a time, those that shake hands included; more are refused. */
  readonly connections: number
  /** For the handshake of TLS, milliseconds. */
  readonly handshakeMs: number
  readonly accept: (arrived: Arrived) => void
  readonly refuse: (remote: string, why: string) => void
}

/** An address that takes connections from which is only read. */
export class StreamListener {
  readonly #options: StreamListenerOptions
  readonly #sockets = new Set<Socket>()
  #listener: Listener | undefined

  private constructor(options: StreamListenerOptions) {
    this.#options = options
  }

  /** @throws OpsError E_USAGE that names the address */
  static async open(options: StreamListenerOptions): Promise<StreamListener> {
    const made = new StreamListener(options)
    made.#listener = await Listener.open(options.address, socket => made.#take(socket))
    return made
  }

  /** As bound. */
  get address(): ListenAddress {
    return this.#listener?.address ?? this.#options.address
  }

  /** No new connections, and the end of those that are. */
  async close(): Promise<void> {
    await this.#listener?.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  #take(socket: Socket): void {
    const { connections, tls, accept, refuse } = this.#options
    const remote = plainAddress(socket.remoteAddress)
    socket.on('error', () => socket.destroy())
    if (this.#sockets.size >= connections) {
      socket.destroy()
      refuse(remote, `there are ${connections} connections already`)
      return
    }
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    if (tls === undefined) accept({ stream: socket, remote })
    else this.#secure({ socket, remote, tls })
  }

  #secure({ socket, remote, tls }: { readonly socket: Socket; readonly remote: string; readonly tls: ServerTls }): void {
    const { clock, handshakeMs, accept, refuse } = this.#options
    let isReady = false
    const end = (why: string): void => {
      cancel()
      socket.destroy()
      if (!isReady) refuse(remote, why)
      isReady = true
    }
    const cancel = clock.timer(handshakeMs, () => end('its TLS handshake took too long'), { background: true })
    const secure = tls.accept(socket, stream => {
      if (tls.options.clientCa !== undefined && clientCertificateOf(stream) === undefined)
        return end('it has no certificate of one of the authorities')
      cancel()
      isReady = true
      accept({ stream, remote })
    })
    secure.on('error', error => end(`TLS failed: ${error.message}`))
    secure.once('close', () => end('it went away during its TLS handshake'))
  }
}

/** IPv4 as such where the socket takes both. */
const plainAddress = (address: string | undefined): string => address?.replace(/^::ffff:(?=\d+\.)/i, '') ?? 'unix'

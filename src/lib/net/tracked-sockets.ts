import { connect, isIP, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'

interface SocketWish {
  readonly host: string
  readonly port: number
  /** TLS, and what it takes. */
  readonly ssl?: ConnectionOptions | undefined
  readonly onConnect: () => void
}

/** Sockets for a library that takes them from elsewhere: all of them end with this, also where it left one open. */
export class TrackedSockets implements Disposable {
  readonly #open = new Set<Socket>()

  readonly make = ({ host, port, ssl, onConnect }: SocketWish): Socket => {
    const name = isIP(host) === 0 ? { servername: host } : {}
    const socket = ssl ? connectTls({ host, port, ...name, ...ssl }, onConnect) : connect({ host, port }, onConnect)
    this.#open.add(socket)
    socket.once('close', () => this.#open.delete(socket))
    return socket
  };

  [Symbol.dispose](): void {
    for (const socket of this.#open) socket.destroy()
    this.#open.clear()
  }
}

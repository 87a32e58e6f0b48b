import { createSocket, type Socket } from 'node:dgram'
import { resolveName } from './connect.ts'
import { netError } from './net-error.ts'

interface DatagramTarget {
  readonly host: string
  readonly port: number
  readonly signal: AbortSignal
}

/** Sends datagrams to one address. Nobody says that they arrive; ICMP tells where nobody listens. */
export class DatagramSender implements Disposable {
  readonly #socket: Socket
  #problem: Error | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('error', error => {
      this.#problem = netError(error, { phase: 'connect' })
    })
    // A receiver that answers is not listened to.
    socket.on('message', () => undefined)
  }

  /** @throws NetError; the signal's reason */
  static async open({ host, port, signal }: DatagramTarget): Promise<DatagramSender> {
    try {
      const [to] = await resolveName(host, { family: 0, signal })
      if (!to) throw new Error('the name has no address')
      const socket = createSocket(to.family === 6 ? 'udp6' : 'udp4')
      const sender = new DatagramSender(socket)
      const joined = Promise.withResolvers<void>()
      socket.once('connect', joined.resolve)
      socket.once('error', joined.reject)
      socket.connect(port, to.address)
      await joined.promise
      return sender
    } catch (error) {
      throw signal.aborted ? signal.reason : netError(error, { phase: 'connect' })
    }
  }

  /** What ICMP has told since it was asked for last. */
  takeProblem(): Error | undefined {
    const problem = this.#problem
    this.#problem = undefined
    return problem
  }

  /** Settles when the system has taken it. @throws NetError */
  send(payload: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.send(payload, error => (error ? reject(netError(error, { phase: 'connect' })) : resolve()))
    })
  }

  [Symbol.dispose](): void {
    this.#socket.close()
  }
}

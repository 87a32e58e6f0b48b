import { createSocket } from 'node:dgram'
import type { Address } from './connect.ts'
import { NetError, netError } from './net-error.ts'

export interface Datagrams<T> {
  readonly to: Address & { readonly port: number }
  readonly payload: Uint8Array
  /** Undefined: this was not it, and the next one is waited for. What it throws ends the waiting. */
  readonly take: (datagram: Buffer) => T | undefined
  readonly signal: AbortSignal
  /** Local address to send from. */
  readonly source?: string
}

/**
 * Sends one datagram and waits for what answers it. The socket is joined to that one address and port and has a port of its own that
 * the system chose, so that what comes from elsewhere is dropped by the system, and ICMP tells where nobody listens.
 * @throws NetError of phase `wait`; what `take` throws; the signal's reason
 */
export function exchangeDatagrams<T>({ to, payload, take, signal, source }: Datagrams<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const socket = createSocket(to.family === 6 ? 'udp6' : 'udp4')
    let done = false
    const end = (settle: () => void): void => {
      if (done) return
      done = true
      signal.removeEventListener('abort', abort)
      socket.close()
      settle()
    }
    const abort = (): void => end(() => reject(signal.reason))
    let joined = false
    const failed = (error: Error): void => end(() => reject(joined ? netError(error, { phase: 'wait' }) : noWay(error)))
    signal.addEventListener('abort', abort, { once: true })
    socket.on('error', failed)
    socket.on('message', datagram => {
      if (done) return
      try {
        const taken = take(datagram)
        if (taken !== undefined) end(() => resolve(taken))
      } catch (error) {
        end(() => reject(error))
      }
    })
    socket.once('connect', () => {
      joined = true
      if (!done) socket.send(payload, error => error && failed(error))
    })
    try {
      const join = (): void => void socket.connect(to.port, to.address)
      if (source === undefined) join()
      else socket.bind({ address: source, port: 0 }, join)
    } catch (error) {
      end(() => reject(noWay(error)))
    }
  })
}

/** The runtime does not say why a socket can not be joined to an address; the system refuses for want of a route, or of the right to it. */
function noWay(cause: unknown): NetError {
  const isTold = cause instanceof Error && 'code' in cause && cause.code !== undefined
  return isTold
    ? netError(cause, { phase: 'connect' })
    : new NetError('no-route', 'there is no way to the address', { phase: 'connect', cause })
}

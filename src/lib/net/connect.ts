import { lookup } from 'node:dns/promises'
import { connect, isIP, type Socket } from 'node:net'
import type { Clock } from '../core/clock.ts'

export type { Socket }

export interface Address {
  readonly address: string
  readonly family: 4 | 6
}

export interface TcpTarget {
  readonly addresses: readonly Address[]
  readonly port: number
  /** Local address to connect from. */
  readonly localAddress?: string
  readonly keepAlive?: boolean
}

/** How long an address may be silent before the next one is tried beside it (RFC 8305, section 5). */
const nextAddressMs = 250

/** The address that a name is by itself; undefined of a name that has to be looked up. */
export function literalAddress(name: string): Address | undefined {
  const family = isIP(name)
  return family === 4 || family === 6 ? { address: name, family } : undefined
}

/** The addresses of a name, in the order of the resolver. Rejects with the resolver's error, or with the signal's reason. */
export async function resolveName(
  name: string,
  options: { readonly family: 0 | 4 | 6; readonly signal: AbortSignal },
): Promise<Address[]> {
  const { family, signal } = options
  signal.throwIfAborted()
  const literal = literalAddress(name)
  if (literal) return [literal]
  const found = await aborting(signal, lookup(name, { all: true, family }))
  return found.map(({ address, family: version }) => ({ address, family: version === 6 ? 6 : 4 }))
}

/**
 * A TCP connection to the first address that answers; the next one is tried when one fails or is silent for 250 ms.
 * Rejects with the error of the last failure, or with the signal's reason.
 */
export function connectTcp(clock: Clock, target: TcpTarget, signal: AbortSignal): Promise<Socket> {
  const [only] = target.addresses
  if (only === undefined || target.addresses.length > 1) return connectToFirst(clock, target, signal)
  return signal.aborted ? Promise.reject(signal.reason) : opened(connectTo(only, target), signal)
}

/** The runtime sends what is written at once (TCP_NODELAY) without being told. */
function connectTo({ address: host }: Address, { port, localAddress, keepAlive = true }: TcpTarget): Socket {
  return connect(localAddress ? { host, port, keepAlive, localAddress } : { host, port, keepAlive })
}

function connectToFirst(clock: Clock, target: TcpTarget, signal: AbortSignal): Promise<Socket> {
  const { addresses } = target
  return new Promise((resolve, reject) => {
    const trying = new Set<Socket>()
    let next = 0
    let cancelNext: (() => void) | undefined
    let done = false

    const finish = (winner: Socket | undefined, error?: unknown): void => {
      if (done) return
      done = true
      cancelNext?.()
      signal.removeEventListener('abort', abort)
      for (const socket of trying) if (socket !== winner) discard(socket)
      if (winner) resolve(winner)
      else reject(error)
    }
    const abort = (): void => finish(undefined, signal.reason)
    const tryNext = (): void => {
      cancelNext?.()
      const address = addresses[next++]
      if (!address) return
      const socket = connectTo(address, target)
      trying.add(socket)
      const failed = (error: Error): void => {
        trying.delete(socket)
        socket.destroy()
        if (next < addresses.length) tryNext()
        else if (trying.size === 0) finish(undefined, error)
      }
      socket.once('error', failed)
      socket.once('connect', () => {
        socket.removeListener('error', failed)
        finish(socket)
      })
      if (next < addresses.length) cancelNext = clock.timer(nextAddressMs, tryNext)
    }

    if (signal.aborted) return abort()
    if (addresses.length === 0) return finish(undefined, new Error('the name has no address'))
    signal.addEventListener('abort', abort, { once: true })
    tryNext()
  })
}

/** A connection to a Unix socket. */
export function connectUnix(path: string, signal: AbortSignal): Promise<Socket> {
  return signal.aborted ? Promise.reject(signal.reason) : opened(connect({ path }), signal)
}

/** The socket, once it is connected. */
function opened(socket: Socket, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      signal.removeEventListener('abort', abort)
      socket.removeListener('error', failed)
    }
    const abort = (): void => {
      settle()
      discard(socket)
      reject(signal.reason)
    }
    const failed = (error: Error): void => {
      settle()
      discard(socket)
      reject(error)
    }
    signal.addEventListener('abort', abort)
    socket.on('error', failed)
    socket.once('connect', () => {
      settle()
      resolve(socket)
    })
  })
}

function discard(socket: Socket): void {
  socket.on('error', () => undefined)
  socket.destroy()
}

/** The system's resolver can not be stopped: its answer is dropped when the signal comes first. */
function aborting<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

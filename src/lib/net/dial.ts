import type { Duplex } from 'node:stream'
import type { CheckPlace } from '../core/check.ts'
import type { Clock } from '../core/clock.ts'
import type { Transport } from '../core/transport.ts'
import { TransportError } from '../core/transport.ts'
import { type Address, connectTcp, connectUnix, literalAddress, resolveName } from './connect.ts'
import { netError } from './net-error.ts'
import type { Phases } from './phases.ts'

/** A host and port, or the path of a Unix socket. */
export type Endpoint = TcpEndpoint | UnixEndpoint

interface TcpEndpoint {
  readonly host: string
  readonly port: number
}

interface UnixEndpoint {
  readonly path: string
}

export interface DialOptions {
  readonly signal: AbortSignal
  /** Addresses of one family only; 0 or absent: whichever answers first. */
  readonly family?: 0 | 4 | 6
  /** Connect to this address instead of what the name resolves to. */
  readonly address?: string
  /** Told when the name is resolved and connecting begins; not from a host, which resolves by itself. */
  readonly onResolved?: (addresses: readonly Address[]) => void
}

/** An open stream, and how it came to be. */
export interface Dialed {
  readonly stream: Duplex
  readonly phases: Pick<Phases, 'resolve' | 'connect'>
  /** What was connected to, where it is known: not through a host, which resolves by itself. */
  readonly address?: string
}

/** Opens streams from one place: this machine, or a host. */
export interface Dialer {
  readonly from: 'here' | 'host'
  /** @throws NetError; TransportError where the host offers no way; the signal's reason when it aborts */
  dial(endpoint: Endpoint, options: DialOptions): Promise<Dialed>
}

/** Connects from this machine. */
export const dialFromHere = (clock: Clock): Dialer => new HereDialer(clock)

/** Of them there are as many as there are plans of checks. */
class HereDialer implements Dialer {
  readonly from = 'here'
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  dial(endpoint: Endpoint, options: DialOptions): Promise<Dialed> {
    return 'path' in endpoint ? dialUnix(this.#clock, endpoint, options) : dialTcp(this.#clock, endpoint, options)
  }
}

async function dialTcp(clock: Clock, { host, port }: TcpEndpoint, options: DialOptions): Promise<Dialed> {
  const { signal, address: wished, family = 0, onResolved } = options
  let phases: { resolve?: number; connect?: number } = {}
  let phase: 'resolve' | 'connect' = 'resolve'
  try {
    signal.throwIfAborted()
    const name = wished ?? host
    const literal = literalAddress(name)
    let start = clock.monotonic()
    const addresses = literal ? [literal] : await resolveName(name, { family, signal })
    if (!literal) {
      const found = clock.monotonic()
      phases = { resolve: found - start }
      start = found
    }
    phase = 'connect'
    onResolved?.(addresses)
    // Whoever asks has a deadline: probes of the system for dead connections would only be more system calls.
    const stream = await connectTcp(clock, { addresses, port, keepAlive: false }, signal)
    phases.connect = clock.monotonic() - start
    // To ask a socket for its address is a system call, too.
    const [first] = addresses
    const address = addresses.length === 1 ? first?.address : stream.remoteAddress
    return address === undefined ? { stream, phases } : { stream, phases, address }
  } catch (error) {
    throw signal.aborted ? signal.reason : netError(error, { phase, phases })
  }
}

async function dialUnix(clock: Clock, { path }: UnixEndpoint, { signal }: DialOptions): Promise<Dialed> {
  const start = clock.monotonic()
  try {
    const stream = await connectUnix(path, signal)
    return { stream, phases: { connect: clock.monotonic() - start }, address: path }
  } catch (error) {
    throw signal.aborted ? signal.reason : netError(error, { phase: 'connect' })
  }
}

/** Connects from a host, through its connection. The host resolves the name, so that time is part of connecting. */
export function dialFromHost(clock: Clock, transport: Transport): Dialer {
  return {
    from: 'host',
    async dial(endpoint, options) {
      // No trouble of the endpoint: nobody could look at it.
      const refuse = (message: string) => new TransportError('error', message)
      if ('path' in endpoint) {
        const other = 'use a check `command` with socat or nc -U there'
        throw refuse(`a Unix socket of a host can not be reached through its connection: ${other}`)
      }
      if (transport.dial === undefined) throw refuse('this host offers no connections to others')
      const start = clock.monotonic()
      const target = { host: options.address ?? endpoint.host, port: endpoint.port }
      try {
        const stream = await transport.dial(target, options)
        return { stream, phases: { connect: clock.monotonic() - start } }
      } catch (error) {
        if (options.signal.aborted) throw options.signal.reason
        if (error instanceof TransportError) throw error
        throw netError(error, { phase: 'connect' })
      }
    },
  }
}

/** From where a check is to look: a host that is this machine is looked from without detour. */
export function dialerOf({ clock, transport, from }: Pick<CheckPlace, 'clock' | 'transport' | 'from'>): Dialer {
  return from === 'host' && transport.host.via !== 'local' ? dialFromHost(clock, transport) : dialFromHere(clock)
}

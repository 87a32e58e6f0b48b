import type { Duplex } from 'node:stream'
import type { CheckPlace } from '../core/check.ts'
import type { Clock } from '../core/clock.ts'
import type { Transport } from '../core/transport.ts'
import { TransportError } from '../core/transport.ts'
import { type Address, connectTcp, connectUnix, resolveName } from './connect.ts'
import { netError } from './net-error.ts'
import type { Phases } from './phases.ts'

/** A host and port, or the path of a Unix socket. */
export type Endpoint = { readonly host: string; readonly port: number } | { readonly path: string }

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
export function dialFromHere(clock: Clock): Dialer {
  return {
    from: 'here',
    async dial(endpoint, options) {
      const start = clock.monotonic()
      if ('path' in endpoint) {
        const stream = await telling(connectUnix(endpoint.path, options.signal), options, { phase: 'connect' })
        return { stream, phases: { connect: clock.monotonic() - start }, address: endpoint.path }
      }
      const name = options.address ?? endpoint.host
      const finding = resolveName(name, { family: options.family ?? 0, signal: options.signal })
      const addresses = await telling(finding, options, { phase: 'resolve' })
      const found = clock.monotonic()
      options.onResolved?.(addresses)
      const resolved = addresses.length === 1 && addresses[0]?.address === name ? {} : { resolve: found - start }
      // Whoever asks has a deadline: probes of the system for dead connections would only be more system calls.
      const connecting = connectTcp(clock, { addresses, port: endpoint.port, keepAlive: false }, options.signal)
      const stream = await telling(connecting, options, { phase: 'connect', phases: resolved })
      const phases = { ...resolved, connect: clock.monotonic() - found }
      const { remoteAddress: address } = stream
      return { stream, phases, ...(address !== undefined && { address }) }
    },
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

/** The error of a step in our words; the signal's reason where that ended it. */
async function telling<T>(
  step: Promise<T>,
  { signal }: DialOptions,
  at: { readonly phase: 'resolve' | 'connect'; readonly phases?: Phases },
): Promise<T> {
  try {
    return await step
  } catch (error) {
    if (signal.aborted) throw signal.reason
    throw netError(error, at)
  }
}

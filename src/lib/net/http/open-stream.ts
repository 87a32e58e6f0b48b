import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Address } from '../connect.ts'
import type { Dialed } from '../dial.ts'
import { Http1Connection } from '../http1/connection.ts'
import { NetError } from '../net-error.ts'
import { Progress } from '../progress.ts'
import { type SecureOptions, secureStream } from '../secure-stream.ts'
import type { TlsSeen } from '../tls-seen.ts'
import type { Route } from './route.ts'

export type OpenOptions = SecureOptions

export interface OpenStream {
  readonly stream: Duplex
  readonly address?: string
  readonly tls?: TlsSeen
}

/** An answer to CONNECT is a head; what a proxy writes besides is of no use. */
const connectLimits = { hold: 1024, read: 65_536 }

/** A stream to the server of a route, through its proxy, with TLS where it says so. @throws NetError; the signal's reason when it aborts */
export async function openStream(route: Route, options: OpenOptions): Promise<OpenStream> {
  const { dialer, proxy, tls, family = 0, address } = route
  const { signal, progress } = options
  progress.phase = dialer.from === 'host' ? 'connect' : 'resolve'
  const endpoint = proxy ?? route.endpoint
  demandFamily(address ?? endpoint.host, family)
  let resolved: readonly Address[] = []
  const dialed = await dialer.dial(endpoint, {
    signal,
    family,
    ...(address !== undefined && proxy === undefined && { address }),
    onResolved: addresses => {
      progress.phase = 'connect'
      resolved = addresses
    },
  })
  for (const phase of ['resolve', 'connect'] as const) {
    const ms = dialed.phases[phase]
    if (ms !== undefined) progress.done(phase, ms)
  }
  progress.address = dialed.address
  tellDialed(progress, { endpoint, dialed, resolved })
  const reached = dialed.address === undefined ? {} : { address: dialed.address }
  if (tls === undefined) return { stream: dialed.stream, ...reached }
  const stream = proxy ? await tunnel(dialed.stream, route, options) : dialed.stream
  const { stream: secure, seen } = await secureStream(stream, tls, options)
  return { stream: secure, tls: seen, ...reached }
}

/** An address has a family, whichever is wished for. */
function demandFamily(host: string, family: 0 | 4 | 6): void {
  const own = isIP(host)
  if (own === 0 || family === 0 || own === family) return
  throw new NetError('no-route', `${host} is no address of IPv${family}`, { phase: 'connect' })
}

interface DialedTo {
  readonly endpoint: Route['endpoint']
  readonly dialed: Dialed
  readonly resolved: readonly Address[]
}

function tellDialed({ trace }: Progress, { endpoint, dialed, resolved }: DialedTo): void {
  if (trace === undefined) return
  const { resolve, connect = 0 } = dialed.phases
  const addresses = resolved.map(({ address }) => address).join(', ')
  if (resolve !== undefined) trace(`resolve  ${endpoint.host} -> ${addresses}, ${resolve.toFixed(1)} ms`)
  trace(`connect  ${hostText(dialed.address ?? endpoint.host)}:${endpoint.port}, ${connect.toFixed(1)} ms`)
}

/** A tunnel through a proxy (RFC 9110, section 9.3.6); its time counts as connecting. */
async function tunnel(stream: Duplex, { endpoint, proxy }: Route, { clock, signal, progress }: OpenOptions): Promise<Duplex> {
  const start = clock.monotonic()
  const target = `${hostText(endpoint.host)}:${endpoint.port}`
  const authorization = proxy?.authorization
  const connection = new Http1Connection(stream, clock)
  const request = {
    method: 'CONNECT',
    target,
    headers: [
      ['host', target] as const,
      ...(authorization ? [['proxy-authorization', authorization] as const] : []),
      ...(proxy?.headers ?? []),
    ],
  }
  progress.phase = 'connect'
  // Its stages are part of connecting: they are told nowhere else.
  const answer = await connection.exchange(request, { signal, progress: new Progress(), limits: connectLimits })
  progress.done('connect', clock.monotonic() - start)
  if (answer.status < 200 || answer.status > 299) {
    connection.close()
    throw new NetError('unreachable', `the proxy gives no way to ${target}: status ${answer.status}`, { phase: 'connect' })
  }
  const { rest } = connection
  const released = connection.release()
  if (rest.length > 0) released.unshift(rest)
  return released
}

/** As it stands in an authority: an IPv6 address in brackets. */
export const hostText = (host: string): string => (host.includes(':') ? `[${host}]` : host)

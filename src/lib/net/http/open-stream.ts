import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Address } from '../connect.ts'
import type { Dialed } from '../dial.ts'
import { Http1Connection } from '../http1/connection.ts'
import { writtenRequest } from '../http1/request-head.ts'
import { NetError } from '../net-error.ts'
import { Progress } from '../progress.ts'
import { type SecureOptions, secureStream } from '../secure-stream.ts'
import type { TlsSeen } from '../tls-seen.ts'
import type { Route } from './route.ts'

export type OpenOptions = SecureOptions

export interface OpenStream {
  readonly stream: Duplex
  readonly address: string | undefined
  readonly tls: TlsSeen | undefined
}

/** An answer to CONNECT is a head; what a proxy writes besides is of no use. */
const connectLimits = { hold: 1024, read: 65_536 }

/** A stream to the server of a route, through its proxy, with TLS where it says so. @throws NetError; the signal's reason when it aborts */
export async function openStream(route: Route, options: OpenOptions): Promise<OpenStream> {
  const { dialer, proxy, tls, family = 0, address } = route
  const { signal, progress } = options
  progress.phase = dialer.from === 'host' ? 'connect' : 'resolve'
  const endpoint = proxy ?? route.endpoint
  if (family !== 0) demandFamily(address ?? endpoint.host, family)
  let resolved: readonly Address[] = []
  const onResolved = (addresses: readonly Address[]): void => {
    progress.phase = 'connect'
    resolved = addresses
  }
  const wished = proxy === undefined ? address : undefined
  const dialing = { signal, family, onResolved }
  const dialed = await dialer.dial(endpoint, wished === undefined ? dialing : { ...dialing, address: wished })
  const { stream, phases } = dialed
  if (phases.resolve !== undefined) progress.done('resolve', phases.resolve)
  if (phases.connect !== undefined) progress.done('connect', phases.connect)
  progress.address = dialed.address
  if (progress.trace) tellDialed(progress.trace, { endpoint, dialed, resolved })
  if (tls === undefined) return { stream, address: dialed.address, tls: undefined }
  const below = proxy ? await tunnel(stream, route, options) : stream
  const { stream: secure, seen } = await secureStream(below, tls, options)
  return { stream: secure, address: dialed.address, tls: seen }
}

/** An address has a family, whichever is wished for. */
function demandFamily(host: string, family: 4 | 6): void {
  const own = isIP(host)
  if (own === 0 || own === family) return
  throw new NetError('no-route', `${host} is no address of IPv${family}`, { phase: 'connect' })
}

interface DialedTo {
  readonly endpoint: Route['endpoint']
  readonly dialed: Dialed
  readonly resolved: readonly Address[]
}

function tellDialed(trace: NonNullable<Progress['trace']>, { endpoint, dialed, resolved }: DialedTo): void {
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
  const request = writtenRequest({
    method: 'CONNECT',
    target,
    headers: [
      ['host', target] as const,
      ...(authorization ? [['proxy-authorization', authorization] as const] : []),
      ...(proxy?.headers ?? []),
    ],
  })
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

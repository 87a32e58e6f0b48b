import type { X509Certificate } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { z } from 'zod'
import type { CheckPlace } from '../../core/check.ts'
import { dialerOf } from '../../net/dial.ts'
import { NetError } from '../../net/net-error.ts'
import type { Phases } from '../../net/phases.ts'
import { beginTls, startTlsNames, startTlsProtocols } from '../../net/starttls/begin-tls.ts'
import { confirmed } from '../../net/tls/confirmed.ts'
import { judgeStaple } from '../../net/tls/staple/judge-staple.ts'
import { readStaple } from '../../net/tls/staple/read-staple.ts'
import { startTls } from '../../net/tls/start-tls.ts'
import type { TlsSeen } from '../../net/tls-seen.ts'
import { Deadline } from '../../run/deadline.ts'
import { certExpiry } from '../dimensions/cert-expiry.ts'
import { certificate } from '../dimensions/certificate.ts'
import { latency } from '../dimensions/latency.ts'
import { reachability } from '../dimensions/reachability.ts'
import { tlsVersion } from '../dimensions/tls-version.ts'
import { defineEndpointCheck, LookTimeout } from '../endpoint-check.ts'
import type { Observation, ObservationFailure } from '../observation.ts'
import { readTlsFiles, tlsFileKeys } from '../tls-files.ts'
import { tlsTools } from '../tls-tools.ts'
import { tlsVersionField } from '../tls-version.ts'

/** The second connection of a look has so long, milliseconds. */
const staplingMs = 2000

const form = /^tls:\/\/(?:\[([0-9a-f:.]+)\]|([^:/?#[\]@\s]+))(?::(\d{1,5}))?\/?$/i

const shape = {
  endpoint: z.string().regex(form, 'is not of the form tls://host:port').describe('tls://host:port'),
  server_name: z.string().min(1).optional().describe('what the server is asked for and must be, where that is not the host'),
  starttls: z.enum(startTlsNames).optional().describe('the protocol that goes over to TLS'),
  ...tlsFileKeys,
  min_version: tlsVersionField().optional().describe('the oldest version that is offered; 1.2 when absent'),
  ocsp: z
    .enum(['look', 'ignore'])
    .default('look')
    .describe('look: ask the server over a second connection for the OCSP answer that it staples to its certificate'),
  max_version: tlsVersionField().optional().describe('the newest version that is offered'),
}
type Params = z.output<z.ZodObject<typeof shape>>

/** A server of TLS and its certificates. */
export default defineEndpointCheck({
  type: 'tls',
  summary: 'server of TLS: its certificates, their end, and the version',
  example: { endpoint: 'tls://example.com:443' },
  params: shape,
  dimensions: [certificate, certExpiry, tlsVersion, reachability, latency],
  judgedBy: () => [{ type: 'certificate' }, { type: 'cert_expiry' }, { type: 'reachability' }],
  title: ({ endpoint }) => `${endpoint} has a good certificate`,
  look,
})

interface Server {
  readonly host: string
  readonly port: number
}

function serverOf({ endpoint, starttls }: Params): Server {
  const [, address, name, port] = form.exec(endpoint) ?? []
  const usual = starttls === undefined ? 443 : startTlsProtocols[starttls].port
  return { host: address ?? name ?? '', port: port === undefined ? usual : Number(port) }
}

const nameOf = (params: Params): string => params.server_name ?? serverOf(params).host

async function look(place: CheckPlace, params: Params): Promise<Observation> {
  const { clock, trace } = place
  const start = clock.monotonic()
  const seen: Seen = { phases: {} }
  let failure: ObservationFailure | undefined
  try {
    await handshake(place, { params, seen })
  } catch (error) {
    failure = failureOf(error, seen)
    trace?.(`failed   ${failure.message}`)
  }
  const { address, tls, phases } = seen
  return {
    endpoint: params.endpoint,
    phases,
    totalMs: clock.monotonic() - start,
    ...(address !== undefined && { address }),
    ...(failure && { failure }),
    ...(tls && { tls }),
  }
}

/** What is known so far, also when the look ends half-way. */
interface Seen {
  phases: Phases
  address?: string
  tls?: TlsSeen
  /** What is under way. */
  phase?: ObservationFailure['phase']
}

interface Looking {
  readonly params: Params
  readonly seen: Seen
}

async function handshake(place: CheckPlace, { params, seen }: Looking): Promise<void> {
  const { clock, signal, trace } = place
  const { min_version: minVersion, max_version: maxVersion } = params
  const files = await readTlsFiles(params)
  const below = await open(place, { params, seen })
  try {
    const versions = { ...(minVersion && { minVersion }), ...(maxVersion && { maxVersion }) }
    const terms = { serverName: nameOf(params), signal, clock, ...files, ...versions, ...tlsTools(place) }
    const { stream, seen: tls, path, tookMs } = await startTls(below, terms)
    Object.assign(seen, { tls, phases: { ...seen.phases, tls: tookMs } })
    trace?.(`tls      ${tls.protocol}, ${tls.cipher}, ${tookMs.toFixed(1)} ms`)
    for (const { subject, fingerprint } of tls.chain) trace?.(`chain    ${subject}, SHA-256 ${fingerprint}`)
    try {
      await confirmed(stream, { clock, signal })
    } finally {
      stream.destroy()
    }
    if (params.ocsp === 'look') seen.tls = await withStaple(tls, { place, params, path })
  } finally {
    below.destroy()
  }
}

/** A connection that waits for a handshake. */
async function open(place: CheckPlace, { params, seen }: Looking): Promise<Duplex> {
  const { clock, signal, trace } = place
  const { starttls } = params
  const server = serverOf(params)
  const { stream, phases, address } = await dialerOf(place).dial(server, { signal })
  Object.assign(seen, { phases, phase: starttls === undefined ? 'tls' : 'wait', ...(address !== undefined && { address }) })
  trace?.(`connect  ${address ?? server.host}, ${phases.connect?.toFixed(1)} ms`)
  if (starttls === undefined) return stream
  const asked = clock.monotonic()
  await beginTls(stream, { protocol: starttls, server: nameOf(params), signal })
  Object.assign(seen, { phase: 'tls', phases: { ...phases, wait: clock.monotonic() - asked } })
  trace?.(`send     ${starttls}: the server goes over to TLS`)
  return stream
}

interface Stapling {
  readonly place: CheckPlace
  readonly params: Params
  readonly path: readonly X509Certificate[]
}

/** What is known already is not lost when the second connection fails. */
async function withStaple(tls: TlsSeen, { place, params, path }: Stapling): Promise<TlsSeen> {
  using deadline = new Deadline(place.clock, { ms: staplingMs, signal: place.signal, reason: () => new LookTimeout(staplingMs) })
  const { signal } = deadline
  try {
    using _ = await tlsTools(place).slots?.acquire(1, signal)
    const { trace: __, ...quiet } = place
    const stream = await open({ ...quiet, signal }, { params, seen: { phases: {} } })
    const staple = await readStaple(stream, { serverName: nameOf(params), signal })
    const judged = judgeStaple(tls, { staple, path, nowMs: place.clock.now() })
    place.trace?.(
      `ocsp     ${judged.ocsp ?? (staple === undefined ? 'not known: the server gives no second handshake' : 'nothing is stapled')}`,
    )
    return judged
  } catch (error) {
    if (error instanceof NetError || error instanceof LookTimeout) return tls
    throw error
  }
}

function failureOf(error: unknown, seen: Seen): ObservationFailure {
  if (error instanceof NetError) {
    if (error.phase === 'resolve' || error.phase === 'connect') seen.phases = error.phases
    return { reason: error.reason, message: error.message, phase: error.phase }
  }
  if (error instanceof LookTimeout) {
    const { phase } = seen
    return { reason: phase === undefined ? 'no-answer' : 'timeout', message: error.message, phase: phase ?? 'connect' }
  }
  throw error
}

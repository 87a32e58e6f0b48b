import type { X509Certificate } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { z } from 'zod'
import type { CheckPlace } from '../../core/check.ts'
import { dialerOf } from '../../net/dial.ts'
import { openStream } from '../../net/http/open-stream.ts'
import { NetError } from '../../net/net-error.ts'
import { Progress } from '../../net/progress.ts'
import { secureStream } from '../../net/secure-stream.ts'
import { beginTls, startTlsNames, startTlsProtocols } from '../../net/starttls/begin-tls.ts'
import { confirmed } from '../../net/tls/confirmed.ts'
import { judgeStaple } from '../../net/tls/staple/judge-staple.ts'
import { readStaple } from '../../net/tls/staple/read-staple.ts'
import type { TlsSeen } from '../../net/tls-seen.ts'
import { Deadline } from '../../run/deadline.ts'
import { certExpiry } from '../dimensions/cert-expiry.ts'
import { certificate } from '../dimensions/certificate.ts'
import { latency } from '../dimensions/latency.ts'
import { reachability } from '../dimensions/reachability.ts'
import { tlsVersion } from '../dimensions/tls-version.ts'
import { defineEndpointCheck, LookTimeout } from '../endpoint-check.ts'
import { lookAt } from '../look-at.ts'
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
  look: (place, params) => lookAt(place, params.endpoint, ({ progress }) => handshake(place, { params, progress })),
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

interface Looking {
  readonly params: Params
  readonly progress: Progress
}

async function handshake(place: CheckPlace, { params, progress }: Looking): Promise<void> {
  const { clock, signal, trace } = place
  const { min_version: minVersion, max_version: maxVersion } = params
  const files = await readTlsFiles(params)
  const below = await open(place, { params, progress })
  try {
    const versions = { ...(minVersion && { minVersion }), ...(maxVersion && { maxVersion }) }
    // What is wrong with the certificate is what is to be told.
    const wish = { serverName: nameOf(params), ...files, ...versions, insecure: true }
    const { stream, seen, path } = await secureStream(below, wish, { signal, clock, progress, tls: tlsTools(place) })
    for (const { subject, fingerprint } of seen.chain) trace?.(`chain    ${subject}, SHA-256 ${fingerprint}`)
    try {
      await confirmed(stream, { clock, signal })
    } finally {
      stream.destroy()
    }
    if (params.ocsp === 'look') progress.tls = await withStaple(seen, { place, params, path })
  } finally {
    below.destroy()
  }
}

/** A connection that waits for a handshake. */
async function open(place: CheckPlace, { params, progress }: Looking): Promise<Duplex> {
  const { clock, signal } = place
  const { starttls } = params
  const { stream } = await openStream({ dialer: dialerOf(place), endpoint: serverOf(params) }, { signal, clock, progress })
  progress.phase = starttls === undefined ? 'tls' : 'wait'
  if (starttls === undefined) return stream
  const asked = clock.monotonic()
  await beginTls(stream, { protocol: starttls, server: nameOf(params), signal })
  progress.done('wait', clock.monotonic() - asked)
  progress.phase = 'tls'
  progress.trace?.(`send     ${starttls}: the server goes over to TLS`)
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
    const stream = await open({ ...place, signal }, { params, progress: new Progress() })
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

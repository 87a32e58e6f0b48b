import { healthAnswer, healthPath, healthRequest, healthStatuses } from '../../../net/grpc/health.ts'
import { framed, unframed } from '../../../net/grpc/message.ts'
import { grpcMessage, grpcStatusName, grpcTimeout } from '../../../net/grpc/status.ts'
import { exchangeHttp2 } from '../../../net/http/http2-exchange.ts'
import { hostText, openStream } from '../../../net/http/open-stream.ts'
import type { Answer } from '../../../net/http1/connection.ts'
import { fieldValues } from '../../../net/http1/field.ts'
import { NetError } from '../../../net/net-error.ts'
import { failureOf, LookTimeout } from '../../../probe/index.ts'
import type { GrpcSettings } from '../config/grpc-shape.ts'
import { chooseAddress } from '../look/choose-address.ts'
import type { Look } from '../look/look.ts'
import { targetDialer } from '../look/target-dialer.ts'
import { tellEarliest, tellTls } from '../look/tls-metrics.ts'
import { tlsTerms } from '../look/tls-terms.ts'

/** An answer is of a few bytes. */
const limits = { hold: 65_536, read: 65_536 }
/** Codes of gRPC for what never came to an answer of its own. */
const codes = { deadlineExceeded: 4, unavailable: 14 }

/** Asks a service for its health, once. @throws NetError; TargetRefused; the signal's reason */
export async function probeGrpc(look: Look, target: string, settings: GrpcSettings): Promise<boolean> {
  const { gauges, tools, progress } = look
  for (const name of ['probe_grpc_ssl', 'probe_grpc_status_code'] as const) gauges.set(name, 0)
  gauges.set('probe_grpc_duration_seconds', 0, { phase: 'resolve' })
  const url = URL.parse(/^https?:\/\//.test(target) ? target : `http://${target}`)
  if (url === null || url.hostname === '')
    throw new NetError('error', 'the target is not of the form host:port', { phase: 'resolve' })
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const port = Number(url.port) || (settings.tls ? 443 : 80)
  const terms = await tlsTerms(look, settings.tls_config)
  const { address, seconds } = await chooseAddress(look, host, { settings, port })
  gauges.set('probe_grpc_duration_seconds', seconds, { phase: 'resolve' })
  const start = tools.clock.monotonic()
  const wish = { ...terms, serverName: settings.tls_config.server_name || host, alpn: ['h2'] }
  const health = await healthOf(look, { host, port, address, settings, wish })
  gauges.set('probe_grpc_duration_seconds', (tools.clock.monotonic() - start) / 1000, { phase: 'check' })
  for (const status of healthStatuses) gauges.set('probe_grpc_healthcheck_response', 0, { serving_status: status })
  if (health.status !== undefined) gauges.set('probe_grpc_healthcheck_response', 1, { serving_status: health.status })
  gauges.set('probe_grpc_status_code', health.code)
  if (health.status !== undefined && progress.tls) {
    gauges.set('probe_grpc_ssl', 1)
    tellTls(look, progress.tls, { insecure: terms.insecure ?? false, chainEnd: false })
  }
  if (progress.tls) tellEarliest(look, progress.tls)
  if (health.status === 'SERVING') return true
  if (health.status !== undefined)
    return look.fail('not-serving', 'The service does not serve', { serving_status: health.status })
  return look.fail(health.reason ?? 'status', 'The call failed', { code: grpcStatusName(health.code), err: health.message })
}

interface Call {
  readonly host: string
  readonly port: number
  readonly address: string
  readonly settings: GrpcSettings
  readonly wish: Parameters<typeof openStream>[0]['tls'] & object
}

interface Health {
  readonly code: number
  /** Where the service told it. */
  readonly status?: string
  readonly reason?: NetError['reason']
  readonly message?: string
}

/** What a call of grpc.health.v1.Health/Check gave. @throws the signal's reason, but for the time being over */
async function healthOf(look: Look, call: Call): Promise<Health> {
  try {
    return readAnswer(await askHealth(look, call))
  } catch (error) {
    const { reason, message } = failureOf(error, look.progress)
    return { code: error instanceof LookTimeout ? codes.deadlineExceeded : codes.unavailable, reason, message }
  }
}

async function askHealth(look: Look, { host, port, address, settings, wish }: Call): Promise<Answer> {
  const { signal, progress, tools, until } = look
  const { clock, tls } = tools
  const route = { dialer: targetDialer(look), endpoint: { host: address, port }, ...(settings.tls && { tls: wish }) }
  look.tell('info', 'Calling', { ip: address, port, tls: settings.tls, service: settings.service })
  const { stream } = await openStream(route, { signal, clock, progress, tls })
  const metadata = [...settings.metadata].flatMap(([name, values]) => values.map(value => [name, value] as const))
  const request = {
    url: new URL(`${settings.tls ? 'https' : 'http'}://${hostText(host)}:${port}${healthPath}`),
    method: 'POST',
    headers: [
      ['te', 'trailers'] as const,
      ['content-type', 'application/grpc'] as const,
      ['grpc-timeout', grpcTimeout(until - clock.monotonic())] as const,
      ['user-agent', 'opsctl'] as const,
      ...metadata,
    ],
    body: framed(healthRequest(settings.service)),
  }
  return exchangeHttp2(stream, request, { signal, progress, limits, clock })
}

/** Codes for a status of HTTP, where a proxy answers in place of the service (https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md). */
const byHttpStatus: Readonly<Record<number, number>> = { 400: 13, 401: 16, 403: 7, 404: 12, 429: 14, 502: 14, 503: 14, 504: 14 }
const unknown = 2
const unimplemented = 12

function readAnswer({ status, headers, trailers = [], body }: Answer): Health {
  const [type = ''] = fieldValues(headers, 'content-type')
  if (status !== 200) return { code: byHttpStatus[status] ?? unknown, reason: 'status', message: `HTTP status ${status}` }
  if (!/^application\/grpc($|[+;])/.test(type))
    return { code: unknown, reason: 'protocol', message: `the answer is of the type ${type}` }
  // Where there is no message both come together (Trailers-Only).
  const fields = [...headers, ...trailers]
  const [written = ''] = fieldValues(fields, 'grpc-status')
  if (!/^\d{1,3}$/.test(written)) return { code: unknown, reason: 'protocol', message: 'the answer has no status of gRPC' }
  const code = Number(written)
  const message = grpcMessage(fieldValues(fields, 'grpc-message')[0] ?? '')
  if (code !== 0) return { code, reason: code === 5 || code === unimplemented ? 'missing' : 'status', message }
  return { code, status: healthAnswer(unframed(body)) }
}

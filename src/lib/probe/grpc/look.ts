import type { CheckPlace } from '../../core/check.ts'
import { dialerOf } from '../../net/dial.ts'
import { healthAnswer, healthPath, healthRequest } from '../../net/grpc/health.ts'
import { framed, unframed } from '../../net/grpc/message.ts'
import { grpcMessage, grpcStatusName, grpcTimeout } from '../../net/grpc/status.ts'
import { exchangeHttp2 } from '../../net/http/http2-exchange.ts'
import { hostText, openStream } from '../../net/http/open-stream.ts'
import type { Answer } from '../../net/http1/connection.ts'
import { fieldValues } from '../../net/http1/field.ts'
import { NetError } from '../../net/net-error.ts'
import { type Looking, lookAt } from '../look-at.ts'
import type { Observation } from '../observation.ts'
import { isSecret, textOf } from '../secret-param.ts'
import { readTlsTerms } from '../tls-params.ts'
import { tlsTools } from '../tls-tools.ts'
import type { GrpcParams } from './grpc-params.ts'

/** An answer is of a few bytes. */
const limits = { hold: 65_536, read: 65_536 }
const families = { any: 0, ipv4: 4, ipv6: 6 } as const

/** One call of grpc.health.v1.Health/Check. */
export function lookAtGrpc(
  place: CheckPlace,
  params: GrpcParams,
  { timeoutMs }: { readonly timeoutMs: number },
): Promise<Observation> {
  const until = place.clock.monotonic() + timeoutMs
  return lookAt(place, params.endpoint.href, async looking => {
    const answer = await call(place, { ...looking, params, until })
    tell(answer, looking)
  })
}

interface Call extends Looking {
  readonly params: GrpcParams
  /** On the monotonic clock. */
  readonly until: number
}

async function call(place: CheckPlace, { params, until, progress }: Call): Promise<Answer> {
  const { clock, signal } = place
  const { endpoint, address, address_family: family, insecure } = params
  const { host, scheme, resource: service } = endpoint
  const metadata = await metadataOf(place, params)
  const secure = scheme === 'grpcs'
  const route = {
    dialer: dialerOf(place),
    endpoint,
    family: families[family],
    ...(address !== undefined && { address }),
    ...(secure && {
      tls: { ...(await readTlsTerms(place, params)), serverName: params.server_name ?? host, alpn: ['h2'], insecure },
    }),
  }
  const { stream, tls } = await openStream(route, { signal, clock, progress, tls: tlsTools(place) })
  if (tls && tls.alpn !== 'h2') {
    stream.destroy()
    throw new NetError('protocol', 'the server does not agree on HTTP/2 (ALPN)', { phase: 'tls' })
  }
  progress.trace?.(`send     ${healthPath}${service && ` of ${service}`}`)
  for (const [name, value] of metadata) {
    progress.trace?.(`         ${name}: ${isSecret(params.metadata[name] ?? '') ? '…' : value}`)
  }
  const request = {
    url: new URL(`${secure ? 'https' : 'http'}://${hostText(host)}:${endpoint.port}${healthPath}`),
    method: 'POST',
    headers: [
      ['te', 'trailers'] as const,
      ['content-type', 'application/grpc'] as const,
      ['grpc-timeout', grpcTimeout(until - clock.monotonic())] as const,
      ['user-agent', 'opsctl'] as const,
      ...metadata,
    ],
    body: framed(healthRequest(service)),
  }
  return exchangeHttp2(stream, request, { signal, progress, limits, clock })
}

const metadataOf = (place: CheckPlace, { metadata }: GrpcParams): Promise<(readonly [string, string])[]> =>
  Promise.all(Object.entries(metadata).map(async ([name, value]) => [name, await textOf(place, value)] as const))

/** What an answer says becomes `seen`. @throws NetError for what is no answer of gRPC */
function tell({ status, headers, trailers = [], body }: Answer, { progress, finds }: Looking): void {
  const [type = 'nothing'] = fieldValues(headers, 'content-type')
  if (status !== 200)
    throw new NetError('status', `the server is no server of gRPC: HTTP status ${status}`, { phase: 'transfer' })
  if (!/^application\/grpc($|[+;])/.test(type)) throw broken(`the server answers with ${type}, not with gRPC`)
  // Where there is no message both come together (Trailers-Only).
  const fields = [...headers, ...trailers]
  const [written = ''] = fieldValues(fields, 'grpc-status')
  if (!/^\d{1,3}$/.test(written)) throw broken('the answer ends without a status of gRPC')
  const code = Number(written)
  const [message] = fieldValues(fields, 'grpc-message')
  const name = grpcStatusName(code)
  finds.seen = {
    grpc_code: code,
    grpc_status: name,
    ...(message !== undefined && { grpc_message: grpcMessage(message) }),
  }
  if (code === 0) finds.seen = { ...finds.seen, health: healthAnswer(unframed(body)) }
  progress.trace?.(`answer   ${[name, finds.seen['health']].filter(Boolean).join(', ')}`)
}

const broken = (message: string): NetError => new NetError('protocol', message, { phase: 'transfer' })

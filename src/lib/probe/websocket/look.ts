import type { Duplex } from 'node:stream'
import type { CheckPlace } from '../../core/check.ts'
import { dialerOf } from '../../net/dial.ts'
import { openStream } from '../../net/http/open-stream.ts'
import { Http1Connection } from '../../net/http1/connection.ts'
import type { Field } from '../../net/http1/field.ts'
import { writtenRequest } from '../../net/http1/request-head.ts'
import { WebSocketConnection } from '../../net/websocket/connection.ts'
import { acceptedBy, websocketFields, websocketKey } from '../../net/websocket/handshake.ts'
import { type Looking, lookAt } from '../look-at.ts'
import type { Observation } from '../observation.ts'
import { runScript } from '../script/run-script.ts'
import { isSecret, textOf } from '../secret-param.ts'
import { readTlsTerms } from '../tls-params.ts'
import { tlsTools } from '../tls-tools.ts'
import type { WebSocketParams } from './websocket-params.ts'

/** Of the answer to a handshake that was not accepted. */
const limits = { hold: 65_536, read: 65_536 }
const families = { any: 0, ipv4: 4, ipv6: 6 } as const

interface Look extends Looking {
  readonly place: CheckPlace
  readonly params: WebSocketParams
}

/** Goes over to WebSocket, plays the script with messages in place of lines, and closes. */
export const lookAtWebSocket = (place: CheckPlace, params: WebSocketParams): Promise<Observation> =>
  lookAt(place, params.endpoint.href, async looking => {
    const look = { ...looking, place, params }
    const stream = await open(look)
    try {
      await talk(await handshake(stream, look), look)
    } finally {
      stream.on('error', () => undefined).destroy()
    }
  })

async function open({ place, params, progress }: Look): Promise<Duplex> {
  const { clock, signal } = place
  const { endpoint: url, address, address_family: family, insecure } = params
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const secure = url.protocol === 'wss:'
  const route = {
    dialer: dialerOf(place),
    endpoint: { host, port: Number(url.port) || (secure ? 443 : 80) },
    family: families[family],
    ...(address !== undefined && { address }),
    ...(secure && {
      tls: { ...(await readTlsTerms(place, params)), serverName: params.server_name ?? host, alpn: ['http/1.1'], insecure },
    }),
  }
  return (await openStream(route, { signal, clock, progress, tls: tlsTools(place) })).stream
}

/** The stream after the server went over. @throws NetError `status`, `protocol`; the signal's reason */
async function handshake(below: Duplex, { place, params, progress, finds }: Look): Promise<Duplex> {
  const { signal, clock } = place
  const { endpoint: url, subprotocols } = params
  const offer = { key: websocketKey(), subprotocols }
  const own = await Promise.all(
    Object.entries(params.headers).map(async ([name, value]): Promise<Field> => [name, await textOf(place, value)]),
  )
  const has = (wanted: string): boolean => own.some(([name]) => name.toLowerCase() === wanted)
  const target = `${url.pathname}${url.search}`
  const headers: Field[] = [...(has('host') ? [] : [['host', url.host] as const]), ...websocketFields(offer), ...own]
  if (!has('user-agent')) headers.push(['user-agent', 'opsctl'])
  progress.trace?.(`send     GET ${target}`)
  for (const [name, value] of own) progress.trace?.(`         ${name}: ${isSecret(params.headers[name] ?? '') ? '…' : value}`)
  const connection = new Http1Connection(below, clock)
  const answer = await connection.exchange(writtenRequest({ method: 'GET', target, headers }), { signal, progress, limits })
  progress.trace?.(`answer   HTTP/${answer.version} ${answer.status}`)
  finds.http = { status: answer.status, version: answer.version, headers: answer.headers, redirects: [] }
  if (answer.status !== 101) finds.body = { bytes: answer.body, truncated: answer.bodyBytes > answer.body.length }
  const subprotocol = acceptedBy(answer, offer)
  if (subprotocol !== undefined) finds.seen = { subprotocol }
  const { rest } = connection
  const released = connection.release()
  if (rest.length > 0) released.unshift(rest)
  return released
}

async function talk(stream: Duplex, look: Look): Promise<void> {
  const { place, params, progress, finds } = look
  const { clock, signal } = place
  const { script, max_bytes: maxBytes } = params
  using socket = new WebSocketConnection(stream, { clock, signal, maxBytes })
  if (params.ping) {
    progress.phase = 'wait'
    const start = clock.monotonic()
    await socket.ping()
    progress.done('wait', clock.monotonic() - start)
  }
  if (script) {
    await runScript(script, { ...look, partner: { next: () => socket.next(), send: text => socket.send(text) } })
  }
  const start = clock.monotonic()
  const closed = await socket.close()
  // A server need not hurry with that.
  progress.queuedMs += clock.monotonic() - start
  if (closed?.code !== undefined) finds.seen = { ...finds.seen, close_code: closed.code }
  progress.trace?.(`close    ${closed ? (closed.code ?? 'without a code') : 'the server does not say so too'}`)
}

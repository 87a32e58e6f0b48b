import type { Duplex } from 'node:stream'
import { openStream } from '../../../net/http/open-stream.ts'
import { Http1Connection } from '../../../net/http1/connection.ts'
import type { Field } from '../../../net/http1/field.ts'
import { writtenRequest } from '../../../net/http1/request-head.ts'
import { NetError } from '../../../net/net-error.ts'
import { WebSocketConnection } from '../../../net/websocket/connection.ts'
import { acceptedBy, websocketFields, websocketKey } from '../../../net/websocket/handshake.ts'
import type { WebsocketSettings } from '../config/talk-shape.ts'
import { clientTools, readHeldHeaders } from '../http/credentials.ts'
import { hostOf } from '../http/hop.ts'
import { chooseAddress } from '../look/choose-address.ts'
import type { Look } from '../look/look.ts'
import { targetDialer } from '../look/target-dialer.ts'
import { expandTemplate } from '../tcp/expand-template.ts'

const limits = { hold: 1024, read: 65_536 }
const maxBytes = 262_144

/** Goes over to WebSocket, and says and hears what it must. @throws NetError; TargetRefused; the signal's reason */
export async function probeWebsocket(look: Look, target: string, settings: WebsocketSettings): Promise<boolean> {
  const { gauges, signal, progress, tools } = look
  for (const name of ['connection_upgraded', 'status_code', 'failed_due_to_regex'] as const)
    gauges.set(`probe_websocket_${name}`, 0)
  const url = URL.parse(target)
  if (url === null || !/^wss?:$/.test(url.protocol)) {
    throw new NetError('error', 'the target is not of the form ws://host/path', { phase: 'resolve' })
  }
  const port = Number(url.port) || (url.protocol === 'wss:' ? 443 : 80)
  const { address, seconds } = await chooseAddress(look, hostOf(url), { settings, port })
  tellPhase(look, 'resolve', seconds)
  const { tls: terms, credentials } = await clientTools(look, settings.http_config)
  const serverName = settings.http_config.tls_config.server_name || hostOf(url)
  const secure = url.protocol === 'wss:' && { tls: { ...terms, serverName, alpn: ['http/1.1'] } }
  const route = { dialer: targetDialer(look), endpoint: { host: address, port }, ...secure }
  const { stream } = await openStream(route, { signal, clock: tools.clock, progress, tls: tools.tls })
  try {
    const headers = [...credentials, ...(await readHeldHeaders(look, settings.headers))]
    const { connect = 0 } = progress.phases
    tellPhase(look, 'connect', connect / 1000)
    await upgrade(look, stream, { url, headers })
    const { tls = 0, wait = 0 } = progress.phases
    tellPhase(look, 'processing', (tls + wait) / 1000)
    return await talk(look, stream, settings)
  } finally {
    stream.on('error', () => undefined).destroy()
  }
}

const tellPhase = ({ gauges }: Look, phase: string, seconds: number): void =>
  gauges.set('probe_websocket_duration_seconds', seconds, { phase })

interface Upgrade {
  readonly url: URL
  readonly headers: readonly Field[]
}

/** The stream is one of WebSocket then. @throws NetError `status`, `protocol`; the signal's reason */
async function upgrade({ gauges, signal, progress, tools }: Look, stream: Duplex, { url, headers }: Upgrade): Promise<void> {
  const offer = { key: websocketKey(), subprotocols: [] }
  const named = new Set(headers.map(([name]) => name.toLowerCase()))
  const all: Field[] = [...(named.has('host') ? [] : [['host', url.host] as const]), ...websocketFields(offer), ...headers]
  if (!named.has('user-agent')) all.push(['user-agent', 'opsctl'])
  const connection = new Http1Connection(stream, tools.clock)
  const request = writtenRequest({ method: 'GET', target: `${url.pathname}${url.search}`, headers: all })
  const answer = await connection.exchange(request, {
    ...{ signal, progress, limits },
    onHead: ({ status }) => gauges.set('probe_websocket_status_code', status),
  })
  acceptedBy(answer, offer)
  gauges.set('probe_websocket_connection_upgraded', 1)
  const { rest } = connection
  const released = connection.release()
  if (rest.length > 0) released.unshift(rest)
}

/** A message is heard for each that is expected. */
async function talk(look: Look, stream: Duplex, { query_response: steps }: WebsocketSettings): Promise<boolean> {
  const { clock } = look.tools
  const start = clock.monotonic()
  using socket = new WebSocketConnection(stream, { clock, signal: look.signal, maxBytes })
  try {
    for (const { expect, send } of steps) {
      const message = expect && (await socket.next())
      const captures = message === undefined ? undefined : expect?.captures(message)
      if (expect && !captures) {
        look.gauges.set('probe_websocket_failed_due_to_regex', 1)
        return look.fail('content', 'Message did not match the regular expression', { regexp: expect.text, message })
      }
      const said = captures ? expandTemplate(send, captures) : send
      if (said.length > 0) socket.send(said.toString())
    }
    return true
  } finally {
    if (steps.length > 0) tellPhase(look, 'transfer', (clock.monotonic() - start) / 1000)
    await socket.close()
  }
}

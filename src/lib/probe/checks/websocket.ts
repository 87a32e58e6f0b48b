import { assertions, business } from '../dimensions/assertions.ts'
import { certExpiry } from '../dimensions/cert-expiry.ts'
import { certificate } from '../dimensions/certificate.ts'
import { header } from '../dimensions/header.ts'
import { latency } from '../dimensions/latency.ts'
import { reachability } from '../dimensions/reachability.ts'
import { tlsVersion } from '../dimensions/tls-version.ts'
import { defineEndpointCheck } from '../endpoint-check.ts'
import { lookAtWebSocket } from '../websocket/look.ts'
import { websocketParams } from '../websocket/websocket-params.ts'

/** A server of WebSocket, and what it says. */
export default defineEndpointCheck({
  type: 'websocket',
  summary: 'server of WebSocket that says what it should',
  example: { endpoint: 'ws://127.0.0.1:8080/events', script: [{ send: '{"op":"ping"}' }, { expect: '"op": *"pong"' }] },
  params: websocketParams,
  dimensions: [reachability, latency, header, certExpiry, certificate, tlsVersion, assertions, business],
  judgedBy: ({ endpoint }) => [
    { type: 'reachability' },
    { type: 'latency' },
    ...(endpoint.protocol === 'wss:' ? [{ type: 'cert_expiry' }] : []),
  ],
  title: ({ endpoint, script }) => `${endpoint.href} ${script ? 'says what it should' : 'goes over to WebSocket'}`,
  look: lookAtWebSocket,
})

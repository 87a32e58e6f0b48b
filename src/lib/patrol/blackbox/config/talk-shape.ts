import { addressShape } from './address-shape.ts'
import { clientShape, heldHeaders, judgeClient, refuseTwo, tlsSettings } from './client-shape.ts'
import { list, optional, record, type ValueOf } from './field.ts'
import { bytes, flag, pattern, text } from './scalar-fields.ts'
import { sourceAddress } from './source-address.ts'

const label = record('a label', { name: text(), value: text() }, ({ name }, node) => {
  if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) || name.startsWith('__')) {
    node.child('name').wrong(`${JSON.stringify(name)} is no name of a label`, { hint: 'write letters, digits and _' })
  }
})

const queryResponse = record(
  'a query_response',
  { expect: optional(pattern()), expect_bytes: bytes(), labels: list(label), send: bytes(), starttls: flag(false) },
  ({ expect, expect_bytes }, node) => refuseTwo(node, { expect, ...(expect_bytes.length > 0 && { expect_bytes }) }),
)
export type QueryResponse = ValueOf<typeof queryResponse>

const talkShape = { query_response: list(queryResponse), tls: flag(false), tls_config: tlsSettings }

/** What the prober `tcp` says and hears. */
export const tcpSettings = record('a tcp probe', { ...addressShape, source_ip_address: sourceAddress(), ...talkShape })
export type TcpSettings = ValueOf<typeof tcpSettings>

/** The same over a Unix socket. */
export const unixSettings = record('a unix probe', talkShape)
export type UnixSettings = ValueOf<typeof unixSettings>

/** The prober `websocket`: a message is what a line is to `tcp`. */
export const websocketSettings = record('a websocket probe', {
  ...addressShape,
  query_response: list(queryResponse),
  headers: heldHeaders('headers'),
  http_config: record('an http_config', clientShape, judgeClient),
})
export type WebsocketSettings = ValueOf<typeof websocketSettings>

import { z } from 'zod'
import { isToken } from '../../net/http1/field.ts'
import { headersField } from '../http/headers-field.ts'
import { webUrlField } from '../http/web-url-field.ts'
import { maxBytesField, messageScript } from '../script/script-params.ts'
import { tlsParams } from '../tls-params.ts'

/** What a look at a server of WebSocket may be told. */
export const websocketParams = {
  endpoint: webUrlField({ schemes: ['ws', 'wss'], what: 'address of WebSocket', credentials: 'headers' }).describe(
    'ws:// or wss:// URL',
  ),
  headers: headersField(),
  subprotocols: z
    .array(z.string().refine(isToken, 'is no name of a subprotocol'))
    .default([])
    .describe('those that are offered, the best first; the server must take one'),
  ping: z.boolean().default(false).describe('ask for the answer to a ping before the script begins'),
  script: messageScript,
  max_bytes: maxBytesField(),
  address: z.string().optional().describe('connect to this address whatever the name resolves to'),
  address_family: z.enum(['any', 'ipv4', 'ipv6']).default('any'),
  ...tlsParams,
}

export type WebSocketParams = z.output<z.ZodObject<typeof websocketParams>>

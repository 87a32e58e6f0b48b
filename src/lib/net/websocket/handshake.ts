import { createHash, randomBytes } from 'node:crypto'
import type { Answer } from '../http1/connection.ts'
import { type Field, fieldValues, fieldWords } from '../http1/field.ts'
import { NetError } from '../net-error.ts'

/** Of RFC 6455, section 1.3. */
const guid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

export const websocketKey = (): string => randomBytes(16).toString('base64')

export interface Offer {
  readonly key: string
  /** Those that we speak, the best first. */
  readonly subprotocols: readonly string[]
}

/** The fields that ask for WebSocket. */
export const websocketFields = ({ key, subprotocols }: Offer): Field[] => [
  ['connection', 'Upgrade'],
  ['upgrade', 'websocket'],
  ['sec-websocket-version', '13'],
  ['sec-websocket-key', key],
  ...(subprotocols.length > 0 ? [['sec-websocket-protocol', subprotocols.join(', ')] as const] : []),
]

/**
 * Whether the server goes over to WebSocket in the way that was asked for (RFC 6455, section 4.1): the subprotocol that it takes.
 * @throws NetError `status`, `protocol`
 */
export function acceptedBy({ status, headers }: Answer, { key, subprotocols }: Offer): string | undefined {
  if (status !== 101) {
    throw new NetError('status', `the server does not go over to WebSocket: status ${status}`, { phase: 'wait' })
  }
  if (!fieldWords(headers, 'upgrade').includes('websocket')) throw broken('the server goes over to something else than WebSocket')
  if (!fieldWords(headers, 'connection').includes('upgrade'))
    throw broken('the server does not say that it goes over to WebSocket')
  const [accept = 'nothing', ...more] = fieldValues(headers, 'sec-websocket-accept')
  const wanted = createHash('sha1').update(`${key}${guid}`).digest('base64')
  if (accept !== wanted || more.length > 0)
    throw broken('the server proves with a wrong Sec-WebSocket-Accept that it is none of WebSocket')
  if (fieldValues(headers, 'sec-websocket-extensions').some(value => value !== '')) {
    throw broken('the server uses an extension that was not offered')
  }
  const chosen = fieldValues(headers, 'sec-websocket-protocol')
  const [subprotocol] = chosen
  if (chosen.length > 1) throw broken('the server takes more than one subprotocol')
  if (subprotocol === undefined && subprotocols.length > 0) throw broken(`the server takes none of ${subprotocols.join(', ')}`)
  if (subprotocol !== undefined && !subprotocols.includes(subprotocol)) {
    throw broken(`the server takes the subprotocol ${JSON.stringify(subprotocol)}, which was not offered`)
  }
  return subprotocol
}

const broken = (message: string): NetError => new NetError('protocol', message, { phase: 'wait' })

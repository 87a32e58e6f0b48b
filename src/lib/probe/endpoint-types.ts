import { nearest } from '../core/nearest.ts'
import { withoutCredentials } from '../core/redact.ts'

/** The kind of check behind each scheme of an endpoint. */
const byScheme: Readonly<Record<string, string>> = {
  http: 'http',
  https: 'http',
  tcp: 'tcp',
  udp: 'udp',
  dns: 'dns',
  tls: 'tls',
  icmp: 'icmp',
  ssh: 'ssh',
  grpc: 'grpc',
  grpcs: 'grpc',
  ws: 'websocket',
  wss: 'websocket',
  unix: 'unix',
  domain: 'domain',
}

export const endpointSchemes = Object.keys(byScheme)
export const endpointTypes: readonly string[] = [...new Set(Object.values(byScheme))]

/** What an endpoint asks for, or what is wrong with it. */
export type EndpointType = { readonly type: string } | { readonly problem: string; readonly hint: string }

/** The kind of check for an endpoint such as `https://example.com/health`. */
export function endpointType(endpoint: string): EndpointType {
  const [, scheme] = /^([a-z][a-z0-9+.-]*):\/\//i.exec(endpoint) ?? []
  if (scheme === undefined) {
    const told = withoutCredentials(endpoint)
    if (/^\s+[a-z][a-z0-9+.-]*:\/\//i.test(endpoint))
      return { problem: `'${told}' begins with a blank`, hint: `write ${told.trim()}` }
    const hint = /^[\w.-]+:\d+$/.test(endpoint) ? `write tcp://${endpoint}` : `write https://${told.replace(/^\/+/, '')}`
    return { problem: `'${told}' has no scheme`, hint }
  }
  const type = byScheme[scheme.toLowerCase()]
  if (type !== undefined) return { type }
  const close = nearest(scheme, endpointSchemes)
  const hint = close ? `did you mean ${close}://?` : `there are ${endpointSchemes.map(each => `${each}://`).join(', ')}`
  return { problem: `'${scheme}://' is no endpoint that can be probed`, hint }
}

import { isIP } from 'node:net'

/** A server as people name it; its port depends on how it is asked, unless they say. */
export interface NamedServer {
  readonly host: string
  readonly port?: number
}

/** Of `192.0.2.53`, `ns1.example.com:5353`, `[2001:db8::53]:53`; undefined of what is none. */
export function namedServer(text: string): NamedServer | undefined {
  if (isIP(text) !== 0) return { host: text }
  const [, address, name, digits] = /^(?:\[([0-9a-f:.]+)\]|([\w.-]+))(?::(\d{1,5}))?$/i.exec(text) ?? []
  const host = address ?? name
  const port = digits === undefined ? undefined : Number(digits)
  if (host === undefined || (address !== undefined && isIP(address) !== 6) || port === 0 || (port ?? 0) > 65_535) return undefined
  return { host, ...(port !== undefined && { port }) }
}

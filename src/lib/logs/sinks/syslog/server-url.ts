import { OpsError } from '../../../core/errors.ts'

/** Where messages go, and how. */
export interface SyslogServer {
  readonly protocol: 'udp' | 'tcp' | 'tls' | 'relp' | 'relps'
  readonly host: string
  readonly port: number
}

/** RELP has no port of its own. */
const ports: Readonly<Record<string, number>> = { udp: 514, tcp: 514, tls: 6514 }

/** `relp://logs.example:2514`, `tls://logs.example`, `udp://[::1]:514`. @throws OpsError E_USAGE */
export function parseServerUrl(text: string): SyslogServer {
  const [, protocol = '', inBrackets, name, digits] =
    /^(udp|tcp|tls|relps?):\/\/(?:\[([0-9a-f:.]+)\]|([^:[\]\s/@]+))(?::(\d{1,5}))?$/i.exec(text) ?? []
  const host = inBrackets ?? name
  const port = Number(digits ?? ports[protocol] ?? 0)
  if (host !== undefined && port > 0 && port <= 65_535 && isProtocol(protocol)) return { protocol, host, port }
  throw new OpsError('E_USAGE', `'${text}' is no server of syslog`, {
    hint: 'write relp://logs.example:2514, relps://…:2514, tls://logs.example:6514, tcp://…:514 or udp://…:514',
  })
}

const isProtocol = (text: string): text is SyslogServer['protocol'] => /^(?:udp|tcp|tls|relps?)$/.test(text)

/** As people write it. */
export const formatServerUrl = ({ protocol, host, port }: SyslogServer): string =>
  `${protocol}://${host.includes(':') ? `[${host}]` : host}:${port}`

import { OpsError } from '../../../core/errors.ts'
import { formatAddress, isLoopback, type ListenAddress, parseListenAddress } from '../../../net/server/listen-address.ts'

/** One of `listen:`. */
export interface ListenUrl {
  readonly protocol: 'udp' | 'tcp' | 'tls'
  readonly address: ListenAddress
}

const ports = { udp: 514, tcp: 514, tls: 6514 }

/** `udp://127.0.0.1:514`, `tcp://[::1]`, `tls://0.0.0.0:6514`, `unix:/run/opsctl/syslog`. @throws OpsError E_USAGE */
export function parseListenUrl(text: string): ListenUrl {
  if (text.startsWith('unix:')) return { protocol: 'tcp', address: parseListenAddress(text) }
  const [, protocol, host = '', port] = /^(udp|tcp|tls):\/\/(\[[^\]]*\]|[^:/@]+)(?::(\d{1,5}))?$/.exec(text) ?? []
  if (protocol !== 'udp' && protocol !== 'tcp' && protocol !== 'tls') {
    throw new OpsError('E_USAGE', `'${text}' is nothing to listen on`, {
      hint: 'write udp://127.0.0.1:514, tcp://[::1]:601, tls://0.0.0.0:6514 or unix:/run/syslog.sock',
    })
  }
  return { protocol, address: parseListenAddress(`${host}:${port ?? ports[protocol]}`) }
}

export const formatListenUrl = ({ protocol, address }: ListenUrl): string =>
  address.type === 'unix' ? formatAddress(address) : `${protocol}://${formatAddress(address)}`

/** True where others than this machine can send, and nothing says who they are. */
export const isOpenDoor = ({ protocol, address }: ListenUrl, hasClientCa: boolean): boolean =>
  address.type === 'tcp' && !isLoopback(address.host) && !(protocol === 'tls' && hasClientCa)

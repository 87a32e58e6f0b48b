import { NetError } from '../../../net/net-error.ts'

export interface HostPort {
  readonly host: string
  readonly port: number
}

/** `web1:443`, `[2001:db8::1]:443`; undefined where there is no port. @throws NetError for a port that is none */
export function splitHostPort(target: string): HostPort | undefined {
  const [, literal, name, digits] = /^(?:\[([^\]]*)\]|([^:]*)):([^:]*)$/.exec(target) ?? []
  if (digits === undefined) return undefined
  const port = Number(digits)
  if (!/^\d{1,5}$/.test(digits) || port < 1 || port > 65_535) {
    throw new NetError('error', `the port of the target is no number from 1 to 65535: ${JSON.stringify(digits)}`, {
      phase: 'resolve',
    })
  }
  return { host: literal ?? name ?? '', port }
}

import { type Address, resolveName } from '../../../net/connect.ts'
import { NetError, netError } from '../../../net/net-error.ts'
import { TargetRefused } from '../allowed-targets.ts'
import type { AddressSettings } from '../config/address-shape.ts'
import { addressHash } from '../ip-address.ts'
import type { Look } from './look.ts'

interface Choosing {
  readonly settings: AddressSettings
  readonly port: number | undefined
}

/** An address, and how long it took to find it, seconds. */
export interface Chosen extends Address {
  readonly seconds: number
}

/**
 * The address of a target that is probed, in the way of blackbox_exporter: one, of the version that is preferred, or where that may be of the
 * other. Nothing else is tried when it is silent.
 * @throws NetError of phase `resolve`; TargetRefused; the signal's reason
 */
export async function chooseAddress(look: Look, host: string, { settings, port }: Choosing): Promise<Chosen> {
  const { gauges, progress, signal, tools } = look
  const { preferred_ip_protocol: preferred, ip_protocol_fallback: fallback } = settings
  // Told as 0 where no address is found.
  for (const name of ['probe_dns_lookup_time_seconds', 'probe_ip_protocol', 'probe_ip_addr_hash'] as const) gauges.set(name, 0)
  progress.phase = 'resolve'
  look.tell('info', 'Resolving the address of the target', { host, ip_protocol: preferred, fallback })
  const start = tools.clock.monotonic()
  const took = (): number => (tools.clock.monotonic() - start) / 1000
  try {
    if (host === '') throw new NetError('dns', 'the target names no host', { phase: 'resolve' })
    const family = preferred === 'ip4' ? 4 : 6
    const addresses = await resolveName(host, { family: fallback ? 0 : family, signal })
    const own = addresses.find(address => address.family === family)
    // Of the other version it takes the last.
    const chosen = own ?? (fallback ? addresses.at(-1) : undefined)
    if (chosen === undefined) throw new NetError('dns', `the target has no address of IPv${family}`, { phase: 'resolve' })
    demandAllowed(look, { host, port, addresses: [chosen] })
    if (port !== undefined) look.approved.add(hostPort(chosen.address, port))
    gauges.set('probe_ip_protocol', chosen.family)
    gauges.set('probe_ip_addr_hash', addressHash(chosen.address))
    progress.address = chosen.address
    look.tell('info', 'Found the address of the target', { host, ip: chosen.address })
    return { ...chosen, seconds: took() }
  } catch (error) {
    signal.throwIfAborted()
    throw error instanceof TargetRefused ? error : netError(error, { phase: 'resolve' })
  } finally {
    gauges.set('probe_dns_lookup_time_seconds', took())
  }
}

/** How an address is known in `Look.approved`. */
export const hostPort = (address: string, port: number): string => `${address} ${port}`

interface Demanded {
  readonly host: string
  readonly port: number | undefined
  /** Absent where they are not known. */
  readonly addresses?: readonly Address[]
}

/** @throws TargetRefused */
export function demandAllowed({ tools: { allowed } }: Look, { host, port, addresses }: Demanded): readonly Address[] {
  const may = addresses === undefined ? [] : allowed.allowed(host, port, addresses)
  if (may.length > 0 || (addresses === undefined && allowed.allowsName(host, port))) return may
  const shown = addresses?.map(({ address }) => address).filter(address => address !== host)
  const where = shown && shown.length > 0 ? ` (${shown.slice(0, 4).join(', ')})` : ''
  throw new TargetRefused(`the target ${host}${where} is not among those that may be probed`)
}

import { OpsError } from '../../core/errors.ts'
import type { Address } from '../../net/connect.ts'
import { addressBytes } from './ip-address.ts'

/** Whoever asks may not have this target probed. */
export class TargetRefused extends Error {
  override readonly name = 'TargetRefused'
}

/** Which targets may be probed, so that nobody takes the probe for a relay into networks that he can not reach himself. */
export interface AllowedTargets {
  /** Whether a target may be probed by its name alone, whatever its addresses are. */
  allowsName(host: string, port: number | undefined): boolean
  /** Those of its addresses that may be probed. */
  allowed(host: string, port: number | undefined, addresses: readonly Address[]): readonly Address[]
  allowsPath(path: string): boolean
}

/** Every target of the network, and no socket of this machine. */
export const anyTarget: AllowedTargets = {
  allowsName: () => true,
  allowed: (_host, _port, addresses) => addresses,
  allowsPath: () => false,
}

/**
 * Targets of these patterns: names with `*` and `?`, perhaps with a port (`*.example.com:443`), addresses, networks (`10.0.0.0/8`), and paths
 * of Unix sockets (`/run/*.sock`).
 * @throws OpsError E_USAGE for what is none of these
 */
export function allowedTargets(patterns: readonly string[]): AllowedTargets {
  const networks = patterns.filter(pattern => !pattern.startsWith('/') && pattern.includes('/')).map(readNetwork)
  const paths = patterns.filter(pattern => pattern.startsWith('/')).map(pattern => matcher(pattern))
  const names = patterns.filter(pattern => !pattern.includes('/')).map(readName)
  const allowsName = (host: string, port: number | undefined): boolean => names.some(fits => fits(host, port))
  return {
    allowsName,
    allowed: (host, port, addresses) =>
      allowsName(host, port)
        ? addresses
        : addresses.filter(({ address }) => allowsName(address, port) || networks.some(fits => fits(address))),
    allowsPath: path => !path.split('/').includes('..') && paths.some(fits => fits(path)),
  }
}

function readName(pattern: string): (host: string, port: number | undefined) => boolean {
  // An address of IPv6 without brackets has no port.
  const [, name, port] = /^(?:\[?([^[\]]*?)\]?)(?::(\d+))?$/.exec(pattern) ?? []
  const bare = addressBytes(pattern) === undefined
  const host = bare ? (name ?? '') : pattern
  if (host === '' || /[\s/]/.test(host)) throw refused(pattern)
  const own = addressBytes(host)
  const fits = own === undefined ? matcher(host.toLowerCase()) : (text: string) => same(addressBytes(text), own)
  const wanted = bare && port !== undefined ? Number(port) : undefined
  return (text, asked) => (wanted === undefined || wanted === asked) && fits(text.toLowerCase().replace(/\.$/, ''))
}

/** `*` is any text, `?` any character. */
function matcher(pattern: string): (text: string) => boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  const expression = new RegExp(`^${source}$`, 's')
  return text => expression.test(text)
}

function readNetwork(pattern: string): (address: string) => boolean {
  const [, base = '', digits = ''] = /^([^/]+)\/(\d{1,3})$/.exec(pattern) ?? []
  const network = addressBytes(base)
  const bits = Number(digits)
  if (network === undefined || digits === '' || bits > network.length * 8) throw refused(pattern)
  return address => {
    const bytes = plainBytes(address)
    return bytes !== undefined && bytes.length === network.length && bitsOf(bytes, bits) === bitsOf(network, bits)
  }
}

/** An address of IPv4 that is written as one of IPv6 is what it is. */
function plainBytes(address: string): Uint8Array | undefined {
  const bytes = addressBytes(address)
  const isMapped =
    bytes?.length === 16 && bytes.subarray(0, 10).every(byte => byte === 0) && bytes[10] === 255 && bytes[11] === 255
  return isMapped ? bytes.subarray(12) : bytes
}

const bitsOf = (bytes: Uint8Array, count: number): string =>
  [...bytes]
    .map(byte => byte.toString(2).padStart(8, '0'))
    .join('')
    .slice(0, count)

const same = (a: Uint8Array | undefined, b: Uint8Array): boolean => a !== undefined && Buffer.from(a).equals(b)

const refused = (pattern: string): OpsError =>
  new OpsError('E_USAGE', `'${pattern}' is no pattern of targets`, {
    hint: 'write *.example.com, web1:443, 10.0.0.0/8 or /run/*.sock',
  })

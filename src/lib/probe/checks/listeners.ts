import type { CheckPlace } from '../../core/check.ts'
import { hostScript } from '../../transport/host-script.ts'
import { see } from './look.ts'

const script = hostScript(
  'list what listens',
  'cat </proc/net/tcp || exit 1; if [ -e /proc/net/tcp6 ]; then cat </proc/net/tcp6 || exit 1; fi',
)

/** The addresses on which something listens on a TCP port, IPv4 first (proc(5), /proc/net/tcp). @throws Unseen */
export async function listeners(place: CheckPlace, port: number): Promise<string[]> {
  const lines = (await see(place, script, [])).toString().split('\n')
  return lines.flatMap(line => {
    const [, address = '', hexPort = ''] = /^\s*\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) \S+ 0A /.exec(line) ?? []
    return address !== '' && Number.parseInt(hexPort, 16) === port ? [addressOf(address)] : []
  })
}

/** The kernel prints words of 32 bits in the byte order of its processor; here that of all but the rarest, little-endian. */
function addressOf(hex: string): string {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap(word => [...Buffer.from(word, 'hex')].reverse())
  if (bytes.length === 4) return bytes.join('.')
  const groups = Array.from({ length: 8 }, (_, at) => (((bytes[2 * at] ?? 0) << 8) | (bytes[2 * at + 1] ?? 0)).toString(16))
  return groups.every(group => group === '0') ? '::' : groups.join(':')
}

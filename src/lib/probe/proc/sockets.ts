/** A TCP port that somebody listens on. */
export interface Listener {
  readonly address: string
  readonly port: number
  /** By which the files of processes name the socket; 0 where the table does not tell. */
  readonly inode: number
}

/** Those that listen, of /proc/net/tcp and tcp6 (proc(5)), in their order. */
export function listeners(text: string): Listener[] {
  return text.split('\n').flatMap(line => {
    const [, address, port, inode] =
      /^\s*\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) \S+ 0A (?:\S+ \S+ \S+ +\d+ +\d+ (\d+))?/.exec(line) ?? []
    return address === undefined || port === undefined
      ? []
      : [{ address: addressOf(address), port: Number.parseInt(port, 16), inode: Number(inode ?? 0) }]
  })
}

/** Reached from the machine itself only. */
export const isLoopback = ({ address }: Listener): boolean => /^(127\.|::ffff:127\.|::1$)/.test(address)

/** The kernel prints words of 32 bits in the byte order of its processor; here that of all but the rarest, little-endian. */
function addressOf(hex: string): string {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap(word => [...Buffer.from(word, 'hex')].reverse())
  if (bytes.length === 4) return bytes.join('.')
  const groups = Array.from({ length: 8 }, (_, at) => (((bytes[2 * at] ?? 0) << 8) | (bytes[2 * at + 1] ?? 0)).toString(16))
  if (groups.slice(0, 7).every(group => group === '0')) return groups[7] === '0' ? '::' : `::${groups[7]}`
  if (groups.slice(0, 5).every(group => group === '0') && groups[5] === 'ffff') return `::ffff:${bytes.slice(12).join('.')}`
  return groups.join(':')
}

import type { OwnPath } from './own-path.ts'

export interface Partition {
  /** Of its table, which no other run has. */
  readonly table: string
  /** Addresses and networks. */
  readonly peers: readonly string[]
  /** Of the service, on either side; all when there is none. */
  readonly ports: readonly number[]
  readonly direction: 'in' | 'out' | 'both'
  /** After so long the kernel forgets the peers. */
  readonly seconds: number
  readonly own?: OwnPath | undefined
}

const isSix = (address: string): boolean => address.includes(':')

/**
 * The ruleset for `nft -f`. It stands before every other chain, in a table of its own. The peers are elements that expire: whatever becomes
 * of opsctl and of the host's guard, the kernel heals the network by itself. The way of opsctl is let through first.
 */
export function partitionRules({ table, peers, ports, direction, seconds, own }: Partition): string {
  const families = (['ip', 'ip6'] as const).flatMap(family => {
    const members = peers.filter(peer => isSix(peer) === (family === 'ip6'))
    return members.length === 0 ? [] : { family, set: family === 'ip' ? 'peers4' : 'peers6', members }
  })
  const sets = families.map(({ family, set, members }) => {
    const flags = members.some(member => member.includes('/')) ? 'interval, timeout' : 'timeout'
    const elements = members.map(member => `${member} timeout ${seconds}s`).join(', ')
    return `  set ${set} { type ${family === 'ip' ? 'ipv4_addr' : 'ipv6_addr'}; flags ${flags}; elements = { ${elements} } }\n`
  })
  const drops = (side: 'saddr' | 'daddr'): string =>
    families
      .flatMap(({ family, set }) => services(ports).map(match => `    ${family} ${side} @${set} ${match}counter drop\n`))
      .join('')
  const input = `${pass(own, 'in')}${direction === 'out' ? '' : drops('saddr')}`
  const output = `${pass(own, 'out')}${direction === 'in' ? '' : drops('daddr')}`
  return `table inet ${table} {\n${sets.join('')}${chain('input', input)}${chain('output', output)}}\n`
}

const chain = (hook: string, rules: string): string =>
  `  chain ${hook} {\n    type filter hook ${hook} priority -350; policy accept;\n${rules}  }\n`

function services(ports: readonly number[]): string[] {
  if (ports.length === 0) return ['']
  const list = `{ ${ports.join(', ')} }`
  return ['tcp', 'udp'].flatMap(protocol => ['dport', 'sport'].map(end => `${protocol} ${end} ${list} `))
}

function pass(own: OwnPath | undefined, way: 'in' | 'out'): string {
  if (!own) return ''
  const family = isSix(own.client) ? 'ip6' : 'ip'
  const match = way === 'in' ? `${family} saddr ${own.client} tcp dport` : `${family} daddr ${own.client} tcp sport`
  return `    ${match} ${own.port} accept\n`
}

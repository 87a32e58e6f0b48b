import { SshReader } from './ssh-encoding.ts'
import type { Algorithms } from './ssh-library.ts'

const kexInit = 20

/** ssh2's words for what no algorithm was found for, with the place of the list in KEXINIT (RFC 4253, section 7.1). */
const lists = [
  { words: 'key exchange algorithm', at: 0, ours: ({ kex }: Algorithms) => kex, name: 'key exchange', option: 'KexAlgorithms' },
  {
    words: 'host key format',
    at: 1,
    ours: ({ hostKey }: Algorithms) => hostKey,
    name: 'host key type',
    option: 'HostKeyAlgorithms',
  },
  { words: 'cipher', at: 2, ours: ({ ciphers }: Algorithms) => ciphers, name: 'cipher', option: 'Ciphers' },
  { words: 'MAC', at: 4, ours: ({ macs }: Algorithms) => macs, name: 'MAC', option: 'MACs' },
] as const

/** A failed negotiation in words that name both sides; undefined for any other trouble. */
export function kexMismatch(
  trouble: string,
  sides: { readonly ours: Algorithms; readonly received: Buffer },
): string | undefined {
  if (!trouble.includes('no matching')) return undefined
  const list = lists.find(({ words }) => trouble.includes(words))
  if (!list) return undefined
  const theirs = listsOf(sides.received)?.[list.at]
  const offers = theirs === undefined ? '' : `; the host offers ${theirs.replaceAll(',', ', ')}`
  return `no common ${list.name}${offers}; opsctl offers ${list.ours(sides.ours).join(', ')} (${list.option})`
}

/** The name lists of the host's KEXINIT, which follows its banner in the clear. */
function listsOf(received: Buffer): string[] | undefined {
  const banner = /(?:^|\n)SSH-2[^\n]*\n/.exec(received.toString('latin1'))
  if (!banner) return undefined
  const packet = received.subarray(banner.index + banner[0].length)
  const cookieEnd = 4 + 1 + 1 + 16
  if (packet.length < cookieEnd || packet[5] !== kexInit) return undefined
  try {
    const reader = new SshReader(packet.subarray(cookieEnd))
    return Array.from({ length: 8 }, () => reader.text())
  } catch {
    return undefined
  }
}

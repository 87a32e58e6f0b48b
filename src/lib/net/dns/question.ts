import { isIP } from 'node:net'
import { domainToASCII } from 'node:url'

export interface DnsQuestion {
  /** Letters, digits and signs of ASCII, without a dot at the end; empty for the root. */
  readonly name: string
  /** `A`, `TYPE65`. */
  readonly type: string
  readonly class: string
}

/**
 * A name as it can be asked for: in ASCII (RFC 5891) and without the dot at its end. An address where a PTR is asked for becomes its
 * name (RFC 1035, section 3.5; RFC 3596, section 2.5). Undefined when it is no name.
 */
export function questionName(text: string, type: string): string | undefined {
  const bare = text.replace(/^\[|\]$/g, '')
  if (type === 'PTR' && isIP(bare) === 4) return `${bare.split('.').reverse().join('.')}.in-addr.arpa`
  if (type === 'PTR' && isIP(bare) === 6) return `${nibbles(bare)}.ip6.arpa`
  if (text === '.') return ''
  const name = (/^[\x21-\x7e]*$/.test(text) ? text : domainToASCII(text)).replace(/\.$/, '')
  const labels = name.split('.')
  const fits = name.length <= 253 && labels.every(label => label.length > 0 && label.length < 64)
  return fits && /^[\x21-\x7e]+$/.test(name) && !/[\\/\s]/.test(name) ? name : undefined
}

function nibbles(address: string): string {
  // The URL of an address has it in its shortest form, with all numbers in hex.
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'))
  const before = groups(head)
  const after = groups(tail ?? '')
  const between = new Array<string>(8 - before.length - after.length).fill('0')
  const digits = [...before, ...between, ...after].map(group => group.padStart(4, '0')).join('')
  return [...digits].reverse().join('.')
}

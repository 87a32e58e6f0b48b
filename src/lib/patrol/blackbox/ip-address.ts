/** The bytes of an address, 4 or 16; undefined for what is none. A zone (`%eth0`) is no part of them. */
export function addressBytes(text: string): Uint8Array | undefined {
  const [plain = ''] = text.split('%')
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(plain)) {
    const bytes = plain.split('.').map(Number)
    return bytes.every(byte => byte < 256) ? Uint8Array.from(bytes) : undefined
  }
  if (!plain.includes(':')) return undefined
  // The URL of an address has it in its shortest form, with all numbers in hex.
  const shortest = URL.parse(`http://[${plain}]/`)?.hostname.slice(1, -1)
  if (shortest === undefined) return undefined
  const [before = [], after = []] = shortest.split('::').map(part => part.split(':').filter(group => group !== ''))
  const groups = [...before, ...new Array<string>(8 - before.length - after.length).fill('0'), ...after]
  return Uint8Array.from(groups.flatMap(group => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]))
}

/** FNV-1a of 32 bits (http://www.isthe.com/chongo/tech/comp/fnv/), with which blackbox_exporter tells addresses apart. */
export function addressHash(text: string): number {
  let hash = 0x811c9dc5
  for (const byte of addressBytes(text) ?? []) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  return hash
}

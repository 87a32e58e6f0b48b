/** Types of records by name (IANA, DNS parameters). Those with their number are unknown to dns-packet. */
const numbers: Readonly<Record<string, number>> = {
  LOC: 29,
  SMIMEA: 53,
  HIP: 55,
  OPENPGPKEY: 61,
  CSYNC: 62,
  ZONEMD: 63,
  SVCB: 64,
  HTTPS: 65,
  URI: 256,
}
const ofLibrary =
  'A AAAA AFSDB APL CAA CDNSKEY CDS CERT CNAME DHCID DNAME DNSKEY DS HINFO KEY KX MX NAPTR NS NSEC NSEC3 NSEC3PARAM PTR RP RRSIG SIG SOA SPF SRV SSHFP TLSA TXT ANY'

export const recordTypes: readonly string[] = [...ofLibrary.split(' '), ...Object.keys(numbers)].sort()
export const recordClasses = ['IN', 'CH', 'HS', 'ANY'] as const

/** In the words of dns-packet, which calls what it does not know by its number. */
export function libraryType(type: string): string {
  const number = numbers[type] ?? /^TYPE(\d{1,5})$/.exec(type)?.[1]
  return number === undefined ? type : `UNKNOWN_${number}`
}

/** By its name, or `TYPE1234` (RFC 3597, section 5). */
export function typeName(type: string): string {
  const number = /^UNKNOWN_(\d+)$/.exec(type)?.[1]
  const name = number === undefined ? type : Object.keys(numbers).find(each => numbers[each] === Number(number))
  return name ?? `TYPE${number}`
}

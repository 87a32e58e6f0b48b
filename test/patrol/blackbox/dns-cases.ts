import type { Zone } from '../../helpers/dns-server.ts'
import { zones } from '../../probe/blackbox-dns-cases.ts'

export const dnsZones = {
  ...zones,
  unknown: () => ({ flags: 3 }),
  truncated: () => ({ flags: 0x0200 }),
  silent: () => undefined,
  garbage: (_query, { bytes }) => Buffer.concat([bytes.subarray(0, 2), Buffer.from([0x81, 0x80, 0, 9])]),
} satisfies Record<string, Zone>

export interface DnsCase {
  readonly name: string
  /** Absent: nobody listens. */
  readonly zone?: keyof typeof dnsZones
  readonly dns: string
  readonly passes: boolean
  readonly reason?: string
  readonly seconds?: number
  readonly over?: 'tls'
}

const a = 'query_name: example.com, query_type: A'
const valid = (section: string, way: string, pattern: string): string =>
  `${a}, validate_${section}_rrs: { ${way}: ['${pattern}'] }`

export const dnsCases: readonly DnsCase[] = [
  { name: 'any record', zone: 'authoritative', dns: 'query_name: example.com', passes: true },
  { name: 'an address', zone: 'authoritative', dns: a, passes: true },
  { name: 'a name with a dot at its end', zone: 'authoritative', dns: 'query_name: example.com., query_type: A', passes: true },
  { name: 'the serial number of a zone', zone: 'authoritative', dns: 'query_name: example.com, query_type: SOA', passes: true },
  {
    name: 'text of the class CH',
    zone: 'authoritative',
    dns: 'query_name: example.com, query_type: TXT, query_class: CH',
    passes: true,
  },
  { name: 'asking over TCP', zone: 'authoritative', dns: `${a}, transport_protocol: tcp`, passes: true },
  {
    name: 'asking over TLS',
    zone: 'authoritative',
    over: 'tls',
    dns: `${a}, transport_protocol: tcp, dns_over_tls: true, tls_config: { ca_file: CA, server_name: localhost }`,
    passes: true,
  },
  {
    name: 'asking a stranger over TLS',
    zone: 'authoritative',
    over: 'tls',
    dns: `${a}, transport_protocol: tcp, dns_over_tls: true`,
    passes: false,
    reason: 'tls-incomplete-chain',
  },
  { name: 'asking from another address', zone: 'authoritative', dns: `${a}, source_ip_address: 127.0.0.9`, passes: true },
  { name: 'asking without recursion', zone: 'recursive', dns: `${a}, recursion_desired: false`, passes: false, reason: 'status' },
  { name: 'asking with recursion', zone: 'recursive', dns: a, passes: true },
  { name: 'a name that there is not', zone: 'unknown', dns: a, passes: false, reason: 'status' },
  { name: 'a name that there must not be', zone: 'unknown', dns: `${a}, valid_rcodes: [NXDOMAIN, SERVFAIL]`, passes: true },
  { name: 'a server that fails', zone: 'failing', dns: a, passes: false, reason: 'status' },
  { name: 'an answer that does not fit', zone: 'truncated', dns: a, passes: true },
  { name: 'an answer that is none', zone: 'garbage', dns: a, passes: false, reason: 'protocol' },
  { name: 'silence', zone: 'silent', dns: a, passes: false, reason: 'timeout', seconds: 1.5 },
  { name: 'a port where nobody is', dns: a, passes: false, reason: 'refused' },
  { name: 'a port where nobody is, over TCP', dns: `${a}, transport_protocol: tcp`, passes: false, reason: 'refused' },
  ...(
    [
      ['answer', 'fail_if_matches_regexp', '127.0.0.1', false],
      ['answer', 'fail_if_matches_regexp', '127.0.0.9', true],
      ['answer', 'fail_if_not_matches_regexp', '\\tIN\\tA\\t127.0.0.1$', true],
      ['answer', 'fail_if_not_matches_regexp', '^example.com.\\t3600', true],
      ['authority', 'fail_if_not_matches_regexp', 'ns1', false],
      ['authority', 'fail_if_none_matches_regexp', 'ns1', true],
      ['authority', 'fail_if_none_matches_regexp', 'ns9', false],
      ['additional', 'fail_if_all_match_regexp', 'isp.net', true],
      ['additional', 'fail_if_all_match_regexp', 'AAAA', false],
    ] as const
  ).map(([section, way, pattern, passes]) => ({
    name: `${section}: ${way} ${pattern}`,
    zone: 'authoritative' as const,
    dns: valid(section, way, pattern),
    passes,
    ...(!passes && { reason: 'content' }),
  })),
  {
    name: 'no record that must match',
    zone: 'recursive',
    dns: valid('authority', 'fail_if_not_matches_regexp', 'ns1'),
    passes: false,
    reason: 'content',
  },
]

import type { Json } from '../../src/lib/core/json.ts'
import { type Zone, zoneLine } from '../helpers/dns-server.ts'

/**
 * What blackbox_exporter's own tests of its DNS prober (prober/dns_test.go, Apache License 2.0) demand, as parameters of ours. One
 * verdict is another: its `fail_if_all_match_regexp` fails where not all records match, ours where all do, as the name says.
 */
export interface BlackboxDnsCase {
  readonly name: string
  readonly zone: keyof typeof zones
  readonly config?: Readonly<Record<string, Json>>
  readonly dimensions: readonly Json[]
  readonly passes: boolean
  readonly records: readonly [answer: number, authority: number, additional: number]
  readonly metrics?: Readonly<Record<string, number>>
}

const recursive: Zone = query =>
  query.flag_rd
    ? { answers: ['example.com. 3600 IN A 127.0.0.1', 'example.com. 3600 IN A 127.0.0.2'].map(zoneLine) }
    : { flags: 5 }

const authoritative: Zone = ({ questions = [] }) => {
  const [question] = questions
  const answer =
    question?.type === 'SOA'
      ? 'example.com. 3600 IN SOA ns.example.com. noc.example.com. 1000 7200 3600 1209600 3600'
      : question?.class === 'CH' && question.type === 'TXT'
        ? 'example.com. 3600 CH TXT "goCHAOS"'
        : 'example.com. 3600 IN A 127.0.0.1'
  return {
    answers: [zoneLine(answer)],
    authorities: ['example.com. 7200 IN NS ns1.isp.net.', 'example.com. 7200 IN NS ns2.isp.net.'].map(zoneLine),
    additionals: ['ns1.isp.net. 7200 IN A 127.0.0.1', 'ns1.isp.net. 7200 IN AAAA ::1', 'ns2.isp.net. 7200 IN A 127.0.0.2'].map(
      zoneLine,
    ),
  }
}

export const zones = { recursive, authoritative, failing: (() => ({ flags: 2 })) satisfies Zone }

const status = (...expect: string[]): Json => ({ type: 'dns_rcode', ...(expect.length > 0 && { expect }) })
const answer = (wishes: Record<string, Json>): Json => ({ type: 'dns_answer', ...wishes })

export const blackboxDnsCases: readonly BlackboxDnsCase[] = [
  ...(
    [
      ['asked with recursion', {}, [status()], true],
      ['none of the rcodes', {}, [status('SERVFAIL', 'NXDOMAIN')], false],
      [
        'a pattern that must not match and one that must',
        {},
        [answer({ fail_if_matches: '.*7200.*', fail_if_not_matches: '.*3600.*' })],
        true,
      ],
      ['no authority, and nothing that must match', {}, [answer({ section: 'authority', fail_if_matches: '.*7200.*' })], true],
      ['nothing additional that could match', {}, [answer({ section: 'additional', fail_if_not_matches: '.*3600.*' })], false],
      ['asked without recursion', { recursion_desired: false }, [status()], false],
    ] as const
  ).map(([name, config, dimensions, passes]) => ({
    name: `TestRecursiveDNSResponse: ${name}`,
    zone: 'recursive' as const,
    config,
    dimensions,
    passes,
    records: 'recursion_desired' in config ? ([0, 0, 0] as const) : ([2, 0, 0] as const),
  })),
  ...(
    [
      ['any record', {}, [status()], true],
      ['SOA', { type: 'SOA' }, [status(), answer({})], true, { soa_serial: 1000 }],
      ['class CH', { type: 'TXT', class: 'CH' }, [answer({ fail_if_matches: '.*IN.*', fail_if_not_matches: '.*CH.*' })], true],
      ['none of the rcodes', {}, [status('SERVFAIL', 'NXDOMAIN')], false],
      ['must match and must not', {}, [answer({ fail_if_matches: '.*3600.*', fail_if_not_matches: '.*3600.*' })], false],
      ['does not match what it must', {}, [answer({ fail_if_matches: '.*7200.*', fail_if_not_matches: '.*7200.*' })], false],
      ['authority', {}, [answer({ section: 'authority', fail_if_not_matches: 'ns.*.isp.net' })], true],
      ['additional', {}, [answer({ section: 'additional', fail_if_not_matches: '^ns.*.isp' })], true],
      ['additional that must not match', {}, [answer({ section: 'additional', fail_if_matches: '^ns.*.isp' })], false],
      ['not all match (another verdict)', {}, [answer({ section: 'additional', fail_if_all_match: '.*127.0.0.*' })], true],
      ['none matches', {}, [answer({ section: 'additional', fail_if_none_match: '.*127.0.0.3.*' })], false],
    ] as const
  ).map(([name, config, dimensions, passes, metrics]) => ({
    name: `TestAuthoritativeDNSResponse: ${name}`,
    zone: 'authoritative' as const,
    config: { type: 'ANY', ...config },
    dimensions,
    passes,
    records: [1, 2, 3] as const,
    ...(metrics && { metrics }),
  })),
  { name: 'TestServfailDNSResponse: failing', zone: 'failing', dimensions: [status()], passes: false, records: [0, 0, 0] },
  {
    name: 'TestServfailDNSResponse: as it should',
    zone: 'failing',
    dimensions: [status('SERVFAIL', 'NXDOMAIN')],
    passes: true,
    records: [0, 0, 0],
  },
]

import { describe, expect, test } from 'bun:test'
import { connect } from 'node:net'
import type { Packet } from 'dns-packet'
import type { CheckResult } from '../../../src/lib/core/check.ts'
import type { Json } from '../../../src/lib/core/json.ts'
import dns from '../../../src/lib/probe/checks/dns.ts'
import type { Observation } from '../../../src/lib/probe/observation.ts'
import { TestAuthority } from '../../helpers/certificates.ts'
import { type DnsServer, dnsServer, type Zone, zoneLine } from '../../helpers/dns-server.ts'
import { freePort } from '../../helpers/free-port.ts'
import { findProgram, needs } from '../../helpers/needs.ts'
import { poll } from '../../helpers/poll.ts'
import { tempDir } from '../../helpers/temp-dir.ts'
import { blackboxDnsCases, zones } from '../blackbox-dns-cases.ts'
import { checkPlace } from '../check-place.ts'

const long = 60_000
const at = ({ port }: Pick<DnsServer, 'port'>, name = 'example.com'): string => `dns://127.0.0.1:${port}/${name}`

async function look(config: Record<string, Json>): Promise<CheckResult & { readonly seen: Observation; readonly trace: string }> {
  const observed: object[] = []
  const trace: string[] = []
  const place = { ...checkPlace({ trace: line => trace.push(line) }), observed: (seen: object) => void observed.push(seen) }
  const result = await dns.build({ timeout: '5s', ...config }).run(place)
  return Object.assign(result, { seen: observed[0] as Observation, trace: trace.join('\n') })
}

const lines =
  (...records: string[]): Zone =>
  () => ({ answers: records.map(zoneLine) })

describe('a case of blackbox_exporter', () => {
  for (const each of blackboxDnsCases) {
    test.each(['udp', 'tcp'])(`${each.name}, over %s`, async transport => {
      await using server = await dnsServer(zones[each.zone])
      const { seen, ...result } = await look({
        endpoint: at(server),
        transport,
        ...each.config,
        dimensions: [...each.dimensions],
      })
      expect(result).toMatchObject({ verdict: each.passes ? 'pass' : 'fail' })
      const { answers = [], authority = [], additional = [] } = seen.dns?.message ?? {}
      expect([answers.length, authority.length, additional.length]).toEqual([...each.records])
      expect(Object.assign({}, ...(result.judgements ?? []).map(({ metrics }) => metrics))).toMatchObject(each.metrics ?? {})
      expect(Object.keys(seen.phases)).toEqual(transport === 'udp' ? ['wait'] : ['connect', 'wait'])
    })
  }

  test.each([{ type: 'NOT_A_VALID_QUERY_TYPE' }, { dimensions: [{ type: 'dns_rcode', expect: 'NOT_A_VALID_RCODE' }] }])(
    'TestServfailDNSResponse: %j is refused',
    config => {
      expect(() => dns.build({ endpoint: 'dns://example.com', ...config })).toThrow(/is no (type of record|rcode)/)
    },
  )

  test.each([
    ['udp', 'ipv4', '127.0.0.1', 'localhost'],
    ['tcp', 'ipv4', '127.0.0.1', 'localhost'],
    ['udp', 'ipv6', '::1', '[::1]'],
    ['tcp', 'ipv6', '::1', '[::1]'],
  ])('TestDNSProtocol: over %s by %s', async (transport, family, address, host) => {
    await using server = await dnsServer(zones.recursive, { host: address })
    const { seen, verdict } = await look({
      endpoint: `dns://${host}:${server.port}/example.com`,
      transport,
      address_family: family,
    })
    expect({ verdict, address: seen.address }).toEqual({ verdict: 'pass', address })
    expect('resolve' in seen.phases).toBe(host === 'localhost')
  })
})

const records: readonly (readonly [line: string, shown: string])[] = [
  ['example.com. 60 IN MX 10 mx1.example.com.', '10 mx1.example.com.'],
  ['example.com. 60 IN CNAME www.example.net.', 'www.example.net.'],
  ['_ldap._tcp.example.com. 60 IN SRV 0 5 389 dc1.example.com.', '0 5 389 dc1.example.com.'],
  ['example.com. 60 IN TXT "v=spf1 -all"', '"v=spf1 -all"'],
  ['1.2.0.192.in-addr.arpa. 60 IN PTR db1.example.com.', 'db1.example.com.'],
  ['example.com. 60 IN AAAA 2001:db8::1', '2001:db8::1'],
]

const answers: readonly (readonly [wishes: Record<string, Json>, problem: string | undefined])[] = [
  [{ equals: ['192.0.2.2', '192.0.2.1'] }, undefined],
  [{ equals: ['192.0.2.1'] }, '192.0.2.2 should not be there'],
  [{ equals: ['192.0.2.1', '192.0.2.2', '192.0.2.3'] }, '192.0.2.3 is missing'],
  [{ min: 3 }, '3 records: www.example.com, 192.0.2.1, 192.0.2.2'],
  [{ min: 4 }, '3 records: www.example.com, 192.0.2.1, 192.0.2.2, fewer than 4'],
  [{ max: 2 }, '3 records: www.example.com, 192.0.2.1, 192.0.2.2, more than 2'],
  [{ min_ttl: 60 }, 'www.example.com. 30 IN A 192.0.2.2 may be kept for 30 s, less than 60 s'],
  [{ max_ttl: 300 }, 'example.com. 3600 IN CNAME www.example.com. may be kept for 3600 s, more than 300 s'],
  [{ fail_if_all_match: '\\bIN\\b' }, 'all records match \\bIN\\b'],
  [{ fail_if_all_match: ['\\bIN\\b', 'CNAME'] }, undefined],
  [{ fail_if_none_match: ['MX', 'TXT'] }, 'no record matches MX or TXT'],
  [{ fail_if_matches: '\tCNAME\t' }, 'example.com. 3600 IN CNAME www.example.com. matches \tCNAME\t'],
]

describe('the check dns', () => {
  test.each(records)('shows %s', async (line, shown) => {
    await using server = await dnsServer(lines(line))
    const { seen } = await look({ endpoint: at(server), type: line.split(' ')[3] ?? '' })
    expect(seen.dns?.message.answers[0]?.data).toBe(shown)
    const [name = '', ttl, ...rest] = line.split(' ')
    expect(seen.seen?.['answers']).toEqual([expect.objectContaining({ name, ttl: Number(ttl), class: rest[0], type: rest[1] })])
  })

  test.each(answers)('judges the answer by %j', async (wishes, problem) => {
    const chain = [
      'example.com. 3600 IN CNAME www.example.com.',
      'www.example.com. 300 IN A 192.0.2.1',
      'www.example.com. 30 IN A 192.0.2.2',
    ]
    await using server = await dnsServer(lines(...chain))
    const { verdict, message } = await look({ endpoint: at(server), dimensions: [{ type: 'dns_answer', ...wishes }] })
    const isBad = problem !== undefined && !('min' in wishes && wishes['min'] === 3)
    expect(verdict).toBe(isBad ? 'fail' : 'pass')
    if (problem) expect(message).toBe(problem)
  })

  test('a name without an address fails, one that does not exist by its status', async () => {
    await using server = await dnsServer(({ questions }) => (questions?.[0]?.name === 'gone.example' ? { flags: 3 } : {}))
    expect(await look({ endpoint: at(server) })).toMatchObject({
      verdict: 'fail',
      reason: 'missing',
      message: 'no records, fewer than 1',
    })
    expect(await look({ endpoint: at(server, 'gone.example') })).toMatchObject({
      reason: 'status',
      message: 'NXDOMAIN, not NOERROR',
    })
  })

  test('asks for the name of an address, a name outside ASCII, and the root', async () => {
    const asked: (string | undefined)[] = []
    await using server = await dnsServer(({ questions }) => {
      asked.push(questions?.[0]?.name)
      return {}
    })
    for (const [name, type] of [
      ['192.0.2.1', 'PTR'],
      ['[2001:db8::1]', 'PTR'],
      ['bücher.example', 'A'],
      ['.', 'NS'],
      ['a.example.', 'TYPE65'],
    ] as const) {
      await look({ endpoint: at(server, name), type })
    }
    expect(asked).toEqual([
      '1.2.0.192.in-addr.arpa',
      '1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa',
      'xn--bcher-kva.example',
      '.',
      'a.example',
    ])
  })

  test('an answer that does not fit into a datagram is asked for over TCP', async () => {
    const many = Array.from({ length: 60 }, (_, index) => zoneLine(`example.com. 60 IN A 192.0.2.${index}`))
    const zone: Zone = (_, { via }): Packet => (via === 'udp' ? { flags: 0x0200 } : { answers: many })
    await using server = await dnsServer(zone)
    const { seen } = await look({ endpoint: at(server) })
    expect(server.asked).toEqual(['udp', 'tcp'])
    expect(seen.dns?.message.answers.length).toBe(60)
    expect(seen.seen?.['transport']).toBe('tcp')
  })

  test(
    'the next server is asked where one refuses or is silent, and what it took is told',
    async () => {
      await using mute = await dnsServer(() => undefined)
      await using good = await dnsServer(lines('example.com. 60 IN A 192.0.2.1'))
      const nobody = await freePort()
      const servers = [nobody, mute.port, good.port].map(port => `127.0.0.1:${port}`)
      const { verdict, trace, seen } = await look({ endpoint: 'dns://example.com', server: servers })
      expect(verdict).toBe('pass')
      expect(trace).toMatch(/failed {3}127.0.0.1: connection refused\n.*\nfailed {3}127.0.0.1: no answer within 1000 ms\n/)
      expect(seen.address).toBe('127.0.0.1')
    },
    long,
  )

  test('a server that does not listen refuses, one that is silent gives no answer in time', async () => {
    const nobody = `dns://127.0.0.1:${await freePort()}/example.com`
    for (const transport of ['udp', 'tcp']) {
      expect(await look({ endpoint: nobody, transport })).toMatchObject({ verdict: 'fail', reason: 'refused' })
    }
    await using mute = await dnsServer(() => undefined)
    expect(await look({ endpoint: at(mute), timeout: '300ms' })).toMatchObject({ verdict: 'fail', reason: 'no-answer' })
    expect(await look({ endpoint: at(mute), timeout: '300ms', transport: 'tcp' })).toMatchObject({ reason: 'timeout' })
  })

  test('assertions see the status and the records', async () => {
    await using server = await dnsServer(lines('example.com. 60 IN TXT "google-site-verification=abc"'))
    const assert = [
      { value: 'rcode', equals: 'NOERROR' },
      { cel: 'seen.answers.exists(record, record.value.startsWith("google-site-verification="))' },
    ]
    expect(await look({ endpoint: at(server), type: 'TXT', dimensions: [{ type: 'business', assert }] })).toMatchObject({
      verdict: 'pass',
    })
  })

  test('looks from a host through its connection, over TCP', async () => {
    await using server = await dnsServer(lines('example.com. 60 IN A 192.0.2.1'))
    const place = checkPlace({ dial: async ({ port }) => connect({ host: '127.0.0.1', port }) })
    const dimensions = [{ type: 'reachability' }, { type: 'dns_answer', equals: ['192.0.2.1'] }]
    const ask = (transport: string) =>
      dns.build({ endpoint: `dns://ns1:${server.port}/example.com`, transport, dimensions }).run(place)
    expect(await ask('tcp')).toMatchObject({ verdict: 'pass' })
    expect(await ask('udp')).toMatchObject({ verdict: 'pass', message: 'answers, over TCP' })
    expect(server.asked).toEqual(['tcp', 'tcp'])
  })

  test('asks the resolvers of the host from which it looks', async () => {
    await using server = await dnsServer(lines('example.com. 60 IN A 192.0.2.1'))
    const dialed: string[] = []
    const place = checkPlace({
      dial: async ({ host, port }) => {
        dialed.push(`${host}:${port}`)
        if (host === '192.0.2.53') throw Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })
        return connect({ host: '127.0.0.1', port: server.port })
      },
    })
    const get = async (path: string) =>
      Buffer.from(path === '/etc/resolv.conf' ? 'nameserver 192.0.2.53\nnameserver 192.0.2.54\n' : '')
    const transport = { ...place.transport, get }
    expect(await dns.build({ endpoint: 'dns://example.com', transport: 'tcp' }).run({ ...place, transport })).toMatchObject({
      verdict: 'pass',
    })
    expect(dialed).toEqual(['192.0.2.53:53', '192.0.2.54:53'])
  })

  test.each([
    'example.com',
    'dns://',
    'dns:///a',
    'dns://a b',
    'dns://x/y/z',
    'dns://ns1:0/a',
    'dns://ns1:99999/a',
    `dns://${'a'.repeat(64)}.example`,
  ])('%s is no endpoint', endpoint => {
    expect(() => dns.build({ endpoint })).toThrow('is not of the form dns://NAME or dns://SERVER/NAME')
  })

  test.skipIf(!needs('openssl'))(
    'speaks TLS with a server whose certificate is verified',
    async () => {
      await using dir = await tempDir()
      const authority = await TestAuthority.root(dir.path, { name: 'Example Root', key: 'ec:P-256' })
      const issued = await authority.issue({ name: 'ns1.test', names: ['DNS:ns1.test'], key: 'ec:P-256' })
      const tls = { cert: await Bun.file(issued.cert).text(), key: await Bun.file(issued.key).text() }
      await using server = await dnsServer(lines('example.com. 60 IN A 192.0.2.1'), { tls })
      const endpoint = `dns://127.0.0.1:${server.tlsPort}/example.com`
      const good = await look({ endpoint, transport: 'tls', ca: authority.cert, server_name: 'ns1.test' })
      expect(good).toMatchObject({ verdict: 'pass' })
      expect(Object.keys(good.seen.phases)).toEqual(['connect', 'tls', 'wait'])
      expect(await look({ endpoint, transport: 'tls', ca: authority.cert })).toMatchObject({
        verdict: 'fail',
        reason: 'tls-name',
      })
      expect(await look({ endpoint, transport: 'tls', server_name: 'ns1.test' })).toMatchObject({
        verdict: 'fail',
        reason: expect.stringMatching(/^tls-(untrusted|incomplete-chain)$/),
      })
    },
    120_000,
  )
})

describe.skipIf(!needs('dnsmasq'))('dnsmasq', () => {
  test('is asked for every kind of record that it has, over UDP and TCP', async () => {
    await using dir = await tempDir()
    const port = await freePort()
    const argv = [
      '--keep-in-foreground --no-resolv --no-hosts --no-daemon --listen-address=127.0.0.1 --bind-interfaces --conf-file=/dev/null',
      `--port=${port} --pid-file=${dir.path}/pid --local=/example.test/ --local-ttl=77`,
      '--host-record=db1.example.test,192.0.2.1,2001:db8::1 --cname=www.example.test,db1.example.test',
      '--mx-host=example.test,mx1.example.test,10 --txt-record=example.test,v=spf1,-all',
      '--srv-host=_ldap._tcp.example.test,dc1.example.test,389,5,7 --caa-record=example.test,0,issue,ca.example',
      '--ptr-record=9.2.0.192.in-addr.arpa,db9.example.test --naptr-record=example.test,1,2,s,SIP,,_sip.example.test',
    ]
    const server = Bun.spawn([findProgram('dnsmasq') ?? 'dnsmasq', ...argv.join(' ').split(' ')], {
      stdout: 'ignore',
      stderr: 'ignore',
    })
    try {
      const ask = (name: string, type: string, transport = 'udp') =>
        look({ endpoint: `dns://127.0.0.1:${port}/${name}`, type, transport })
      await poll('dnsmasq answers', 20_000, async () => (await ask('db1.example.test', 'A')).verdict === 'pass')
      const cases = [
        ['db1.example.test', 'A', ['db1.example.test. 77 IN A 192.0.2.1']],
        ['db1.example.test', 'AAAA', ['db1.example.test. 77 IN AAAA 2001:db8::1']],
        ['www.example.test', 'A', ['www.example.test. 77 IN CNAME db1.example.test.', 'db1.example.test. 77 IN A 192.0.2.1']],
        ['example.test', 'MX', ['example.test. 77 IN MX 10 mx1.example.test.']],
        ['example.test', 'TXT', ['example.test. 77 IN TXT "v=spf1" "-all"']],
        ['_ldap._tcp.example.test', 'SRV', ['_ldap._tcp.example.test. 77 IN SRV 5 7 389 dc1.example.test.']],
        ['example.test', 'CAA', ['example.test. 77 IN CAA 0 issue "ca.example"']],
        ['192.0.2.9', 'PTR', ['9.2.0.192.in-addr.arpa. 77 IN PTR db9.example.test.']],
        ['example.test', 'NAPTR', ['example.test. 77 IN NAPTR 1 2 "s" "SIP" "" _sip.example.test.']],
      ] as const
      for (const transport of ['udp', 'tcp']) {
        for (const [name, type, wanted] of cases) {
          const { seen } = await look({ endpoint: `dns://127.0.0.1:${port}/${name}`, type, transport })
          const shown = seen.dns?.message.answers.map(record =>
            [record.name, record.ttl, record.class, record.type, record.data].join(' '),
          )
          expect(shown).toEqual([...wanted])
        }
      }
      expect(await ask('gone.example.test', 'A')).toMatchObject({ verdict: 'fail', message: 'NXDOMAIN, not NOERROR' })
      expect(await ask('elsewhere.example', 'A')).toMatchObject({ verdict: 'fail', message: 'REFUSED, not NOERROR' })
    } finally {
      server.kill()
      await server.exited
    }
  }, 120_000)
})

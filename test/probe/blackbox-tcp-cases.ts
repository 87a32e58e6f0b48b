import type { Reason } from '../../src/lib/core/item.ts'
import type { Json } from '../../src/lib/core/json.ts'

/** What a server does with a connection, one after the other; at the end it closes it. */
export type Act =
  | { readonly says: string }
  /** Reads a line, which must fit. */
  | { readonly hears: RegExp }
  /** Goes over to TLS, with a certificate for localhost alone, whose authority `CA` is. */
  | 'tls'

/**
 * What blackbox_exporter's own tests of its TCP prober (prober/tcp_test.go, Apache License 2.0) demand, as parameters of ours. Its
 * numbered groups with labels are named groups here.
 */
export interface BlackboxTcpCase {
  /** Its test, and what is special. */
  readonly name: string
  /** Absent: nobody listens. */
  readonly server?: readonly Act[]
  readonly endpoint?: string
  readonly config?: Readonly<Record<string, Json>>
  readonly dimensions?: readonly Json[]
  readonly passes: boolean
  readonly reason?: Reason
  /** Stages that it must have, and no others. */
  readonly phases?: readonly string[]
  /** What the look must show. */
  readonly seen?: Readonly<Record<string, Json>>
  /** Where it must have connected to. */
  readonly address?: string
}

const says = (text: string): Act => ({ says: text })
const hears = (pattern: RegExp): Act => ({ hears: pattern })
const hello: readonly Act[] = ['tls', says('Hello World!\n')]
const overTls = { tls: true, ca: 'CA', max_version: '1.2' }
const notice = says(':ircd.localhost NOTICE AUTH :*** Looking up your hostname...\n')
const registers = [hears(/^NICK prober$/), hears(/^USER prober prober prober :prober$/)]
const irc = { script: [{ send: 'NICK prober' }, { send: 'USER prober prober prober :prober' }, { expect: '^:[^ ]+ 001' }] }
const ssh = '^SSH-2.0-(?P<ssh_version>[^ -]+)(?: (?P<ssh_comments>.*))?$'

export const blackboxTcpCases: readonly BlackboxTcpCase[] = [
  { name: 'TCPConnection', server: [], passes: true, phases: ['connect'], address: '127.0.0.1' },
  { name: 'TCPConnectionFails', passes: false, reason: 'refused', phases: [] },
  {
    name: 'TCPConnectionWithTLS: an address that the certificate does not name',
    server: hello,
    config: overTls,
    passes: false,
    reason: 'tls-name',
    phases: ['connect', 'tls'],
  },
  {
    name: 'TCPConnectionWithTLS: the name of the endpoint',
    server: hello,
    endpoint: 'tcp://localhost:PORT',
    config: overTls,
    dimensions: [{ type: 'reachability' }, { type: 'certificate' }, { type: 'tls_version', at_most: '1.2' }],
    passes: true,
    phases: ['resolve', 'connect', 'tls'],
  },
  {
    name: 'TCPConnectionWithTLS: a name of its own',
    server: hello,
    config: { ...overTls, server_name: 'localhost' },
    dimensions: [{ type: 'cert_expiry', warn_days: 1 }],
    passes: true,
    phases: ['connect', 'tls'],
  },
  {
    name: 'TCPConnectionWithTLS: the end of a certificate is judged',
    server: hello,
    config: { ...overTls, server_name: 'localhost' },
    dimensions: [{ type: 'cert_expiry', fail_days: 10_000 }],
    passes: false,
    reason: 'expiring',
  },
  {
    name: 'TCPConnectionWithTLS: an authority that is not known',
    server: hello,
    config: { tls: true, server_name: 'localhost' },
    passes: false,
  },
  {
    name: 'TCPConnectionWithTLS: an authority that is not known, which is no matter',
    server: hello,
    config: { tls: true, insecure: true, script: [{ expect: '^Hello' }] },
    passes: true,
    phases: ['connect', 'tls', 'wait', 'transfer'],
  },
  {
    name: 'TCPConnectionQueryResponseStartTLS',
    server: [
      says('220 ESMTP StartTLS pseudo-server\n'),
      hears(/^EHLO tls.prober$/),
      says('250-pseudo-server.example.net\n250-STARTTLS\n250 DSN\n'),
      hears(/^STARTTLS$/),
      says('220 2.0.0 Ready to start TLS\n'),
      'tls',
      hears(/^EHLO tls.prober$/),
      says('250-AUTH\n250 DSN\n'),
    ],
    endpoint: 'tcp://localhost:PORT',
    config: {
      ca: 'CA',
      script: [
        { expect: '^220.*ESMTP.*$' },
        { send: 'EHLO tls.prober' },
        { expect: '^250-STARTTLS' },
        { expect: '^250 ', send: 'STARTTLS' },
        { expect: '^220' },
        { starttls: true },
        { send: 'EHLO tls.prober' },
        { expect: '^250-AUTH' },
        { send: 'QUIT' },
      ],
    },
    passes: true,
    phases: ['resolve', 'connect', 'tls', 'wait', 'transfer'],
  },
  {
    name: 'TCPConnectionQueryResponseIRC',
    server: [notice, ...registers, says(':ircd.localhost 001 prober :Welcome to IRC!\n')],
    config: { ...irc, line_end: 'lf' },
    passes: true,
  },
  {
    name: 'TCPConnectionQueryResponseIRC: nothing matches until the end',
    server: [notice, ...registers, says('ERROR: Your IP address has been blacklisted.\n')],
    config: irc,
    passes: false,
    reason: 'content',
  },
  {
    name: 'TCPConnectionQueryResponseMatching',
    server: [says('SSH-2.0-OpenSSH_6.9p1 Debian-2\n'), hears(/^CONFIRM OpenSSH_6.9p1$/)],
    config: { script: [{ expect: ssh, send: 'CONFIRM ${1}' }] },
    passes: true,
    seen: { ssh_version: 'OpenSSH_6.9p1', ssh_comments: 'Debian-2' },
  },
  {
    name: 'TCPConnectionQueryResponseMatching: a group that takes no part',
    server: [says('SSH-2.0-OpenSSH_6.9p1\n'), hears(/^CONFIRM OpenSSH_6.9p1 \$\{2\} $/)],
    config: { script: [{ expect: ssh, send: 'CONFIRM ${ssh_version} $${2} ${2}' }] },
    passes: true,
    seen: { ssh_version: 'OpenSSH_6.9p1' },
  },
  {
    name: 'TCPConnectionQueryResponseByteMode',
    server: [says('not-a-line')],
    config: { script: [{ expect_bytes: 'not-a-line' }] },
    passes: true,
  },
  {
    name: 'TCPConnectionQueryResponseByteModeFail',
    server: [says('something-else')],
    config: { script: [{ expect_bytes: 'not-a-line' }] },
    passes: false,
    reason: 'content',
  },
  {
    name: 'TCPConnectionProtocol: IPv4',
    server: [],
    endpoint: 'tcp://localhost:PORT',
    config: { address_family: 'ipv4' },
    passes: true,
    phases: ['resolve', 'connect'],
    address: '127.0.0.1',
  },
  {
    name: 'TCPConnectionProtocol: IPv6 of what has none',
    server: [],
    config: { address_family: 'ipv6' },
    passes: false,
    reason: 'no-route',
  },
  {
    name: 'TCPConnectionProtocol: whichever there is',
    server: [],
    endpoint: 'tcp://localhost:PORT',
    passes: true,
    address: '127.0.0.1',
  },
  {
    name: 'PrometheusTimeoutTCP: closed without a word',
    server: [],
    config: { script: [{ expect: 'SSH-2.0-(OpenSSH_6.9p1) Debian-2' }] },
    passes: false,
    reason: 'reset',
  },
  {
    name: 'ProbeExpectInfo: the last line needs no end',
    server: [says('SSH-2.0-OpenSSH_6.9p1 Debian-2')],
    config: { script: [{ expect: ssh }] },
    dimensions: [
      {
        type: 'assert',
        assert: [
          { value: 'ssh_version', equals: 'OpenSSH_6.9p1' },
          { value: 'ssh_comments', equals: 'Debian-2' },
          { regex: 'SSH-([0-9.]+)', equals: '2.0' },
        ],
      },
    ],
    passes: true,
  },
]

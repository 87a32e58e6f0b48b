import { tcpServer } from '../../helpers/tls-server.ts'
import { actingServer } from '../../probe/acting-server.ts'
import type { Act } from '../../probe/blackbox-tcp-cases.ts'
import type { CertificateKind, ShopCertificates } from './shop-certificates.ts'

export interface TcpCase {
  readonly name: string
  /** Absent: nobody listens. */
  readonly server?: readonly Act[] | 'silent' | 'resets'
  readonly tls?: CertificateKind
  readonly tcp?: string
  readonly target?: string
  readonly passes: boolean
  readonly reason?: string
  readonly seconds?: number
}

const says = (text: string): Act => ({ says: text })
const hears = (pattern: RegExp): Act => ({ hears: pattern })
const secure = 'tls: true, tls_config: { ca_file: CA }'
const hello: readonly Act[] = ['tls', says('hello\n')]
const irc = "query_response: [{ send: NICK prober }, { expect: 'PING :([^ ]+)', send: 'PONG ${1}' }, { expect: '^:[^ ]+ 001' }]"
const smtp = `query_response: [{ expect: '^220 ' }, { send: "EHLO prober\\r" }, { expect: '^250-STARTTLS' }, { send: "STARTTLS\\r" }, { expect: '^220' }, { starttls: true }, { send: "EHLO prober\\r" }, { expect: '^250-AUTH' }], tls_config: { ca_file: CA }`
const smtpServer: readonly Act[] = [
  says('220 mx ESMTP\r\n'),
  hears(/^EHLO prober/),
  says('250-mx\r\n250-STARTTLS\r\n250 HELP\r\n'),
  hears(/^STARTTLS/),
  says('220 go ahead\r\n'),
  'tls',
  hears(/^EHLO prober/),
  says('250-mx\r\n250-AUTH PLAIN\r\n'),
]

export const tcpCases: readonly TcpCase[] = [
  { name: 'a port that is open', server: [], passes: true },
  { name: 'a port that is closed', passes: false, reason: 'refused' },
  { name: 'a target without a port', target: '127.0.0.1', passes: false, reason: 'error' },
  { name: 'a target without a host', target: ':1', passes: false, reason: 'dns' },
  { name: 'a name that there is not', target: 'nowhere.invalid:1', passes: false, reason: 'dns' },
  {
    name: 'an address of the wrong kind',
    server: [],
    tcp: 'preferred_ip_protocol: ip6, ip_protocol_fallback: false',
    passes: false,
    reason: 'dns',
  },
  { name: 'another address of this machine to ask from', server: [], tcp: 'source_ip_address: 127.0.0.9', passes: true },
  { name: 'a banner', server: [says('SSH-2.0-OpenSSH_9.2\r\n')], tcp: "query_response: [{ expect: '^SSH-2.0-' }]", passes: true },
  {
    name: 'another banner',
    server: [says('220 mx\r\n')],
    tcp: "query_response: [{ expect: '^SSH-2.0-' }]",
    passes: false,
    reason: 'content',
  },
  {
    name: 'a banner after others',
    server: [says('hello\nSSH-2.0-x\n')],
    tcp: "query_response: [{ expect: '^SSH-2.0-' }]",
    passes: true,
  },
  {
    name: 'a banner without an end of its line',
    server: [says('SSH-2.0-x')],
    tcp: "query_response: [{ expect: '^SSH-2.0-x$' }]",
    passes: true,
  },
  {
    name: 'a dialogue',
    server: [hears(/^NICK prober$/), says('PING :ok\n'), hears(/^PONG ok$/), says(':irc 001 hello\n')],
    tcp: irc,
    passes: true,
  },
  {
    name: 'a dialogue that ends early',
    server: [hears(/^NICK prober$/), says('ERROR\n')],
    tcp: irc,
    passes: false,
    reason: 'content',
  },
  { name: 'TLS', server: hello, tcp: secure, target: 'localhost:PORT', passes: true },
  {
    name: 'a banner over TLS',
    server: ['tls', says('+OK\r\n')],
    tcp: `${secure}, query_response: [{ expect: '^.OK' }]`,
    passes: true,
  },
  { name: 'a certificate that has ended', server: hello, tls: 'expired', tcp: secure, passes: false, reason: 'tls-expired' },
  { name: 'a certificate for another name', server: hello, tls: 'other-name', tcp: secure, passes: false, reason: 'tls-name' },
  {
    name: 'a certificate that is not looked at',
    server: hello,
    tls: 'self-signed',
    tcp: 'tls: true, tls_config: { insecure_skip_verify: true }',
    passes: true,
  },
  { name: 'no TLS where it is asked for', server: [says('hello\n')], tcp: secure, passes: false, reason: 'tls' },
  { name: 'TLS after a word', server: smtpServer, tcp: smtp, passes: true },
  {
    name: 'TLS after a word, of a stranger',
    server: smtpServer,
    tls: 'stranger',
    tcp: smtp,
    passes: false,
    reason: 'tls-incomplete-chain',
  },
  { name: 'silence', server: 'silent', tcp: 'query_response: [{ expect: x }]', passes: false, reason: 'timeout', seconds: 1.5 },
  { name: 'silence where TLS is asked for', server: 'silent', tcp: secure, passes: false, reason: 'timeout', seconds: 1.5 },
  {
    name: 'a connection that is broken off',
    server: 'resets',
    tcp: 'query_response: [{ expect: x }]',
    passes: false,
    reason: 'reset',
  },
]

/** The server of a case. */
export function tcpCaseServer(server: TcpCase['server'], tls: ShopCertificates['of']['good']) {
  if (server === 'silent') return tcpServer(() => undefined)
  if (server === 'resets') return tcpServer(socket => void setTimeout(() => socket.resetAndDestroy(), 100))
  if (server !== undefined) return actingServer(server, tls)
  return Promise.resolve({ port: 1, async [Symbol.asyncDispose]() {} })
}

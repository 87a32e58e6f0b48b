import { connect, type Socket } from 'node:net'
import type { StartTlsName } from '../../../src/lib/net/starttls/begin-tls.ts'
import { type Listening, tcpServer } from '../../helpers/tls-server.ts'

/** What a server says, and what it must hear before it goes on: as in a recorded session. */
type Line = { readonly says: string | Uint8Array } | { readonly hears: RegExp }
export type Script = readonly Line[]

const says = (text: string | Uint8Array): Line => ({ says: text })
const hears = (pattern: RegExp): Line => ({ hears: pattern })

const mysqlGreeting = (capabilities: number): Buffer => {
  const version = Buffer.from('8.0.36\0')
  const rest = Buffer.alloc(44)
  rest.writeUInt16LE(capabilities, 13)
  rest[15] = 0x21
  const body = Buffer.concat([Buffer.of(10), version, rest])
  return Buffer.concat([Buffer.of(body.length, 0, 0, 0), body])
}

const xmppOpening = "<?xml version='1.0'?><stream:stream from='shop.test' id='1' xmlns:stream='http://etherx.jabber.org/streams'>"
const xmppFeatures = (inside: string): string => `<stream:features>${inside}</stream:features>`
const wantsTls = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>"

/** Servers that go over to TLS. */
export const willing: Readonly<Record<StartTlsName, Script>> = {
  smtp: [
    says('220-mail.shop.test ESMTP\r\n220 be welcome\r\n'),
    hears(/^EHLO \S+\r\n$/),
    says('250-mail.shop.test\r\n250-SIZE 10240000\r\n250-STARTTLS\r\n250 8BITMIME\r\n'),
    hears(/^STARTTLS\r\n$/),
    says('220 2.0.0 Ready to start TLS\r\n'),
  ],
  imap: [
    says('* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n'),
    hears(/^a1 STARTTLS\r\n$/),
    says('* 0 RECENT\r\na1 OK Begin TLS\r\n'),
  ],
  pop3: [says('+OK ready\r\n'), hears(/^STLS\r\n$/), says('+OK Begin TLS\r\n')],
  ftp: [says('220-shop\r\n220 ready\r\n'), hears(/^AUTH TLS\r\n$/), says('234 AUTH TLS successful\r\n')],
  ldap: [hears(/1\.3\.6\.1\.4\.1\.1466\.20037$/), says(Buffer.from('300c02010178070a010004000400', 'hex'))],
  postgres: [hears(/^\0\0\0\x08\x04\xd2\x16\x2f$/), says('S')],
  mysql: [says(mysqlGreeting(0xffff)), hears(/^\x20\0\0\x01[\s\S]{32}/)],
  xmpp: [
    hears(/to='shop\.test' xmlns='jabber:client'.*>$/),
    says(xmppOpening),
    says(xmppFeatures(wantsTls)),
    hears(/^<starttls [^>]*>/),
    says("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
  ],
  'xmpp-server': [
    hears(/to='shop\.test' xmlns='jabber:server'.*>$/),
    says(xmppOpening + xmppFeatures(wantsTls)),
    hears(/^<starttls [^>]*>/),
    says("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'></proceed>"),
  ],
}

/** Servers that do not, and what they are told to have said. */
export const unwilling: readonly (readonly [StartTlsName, Script, RegExp])[] = [
  ['smtp', [says('220 a\r\n'), hears(/EHLO/), says('250-a\r\n250 SIZE\r\n')], /does not offer STARTTLS/],
  ['smtp', [says('554 no service for you\r\n')], /554 no service for you/],
  [
    'smtp',
    [says('220 a\r\n'), hears(/EHLO/), says('250 STARTTLS\r\n'), hears(/STARTTLS/), says('454 not now\r\n')],
    /454 not now/,
  ],
  ['imap', [says('* OK ready\r\n'), hears(/STARTTLS/), says('a1 BAD unknown command\r\n')], /a1 BAD unknown command/],
  ['imap', [says('* BYE too many\r\n')], /BYE too many/],
  ['pop3', [says('+OK\r\n'), hears(/STLS/), says('-ERR no\r\n')], /-ERR no/],
  ['ftp', [says('220 a\r\n'), hears(/AUTH/), says('500 what?\r\n')], /500 what\?/],
  [
    'ldap',
    [hears(/20037$/), says(Buffer.from('301102010178 0c 0a0102 0400 04056e6f206e6f'.replaceAll(' ', ''), 'hex'))],
    /result 2, no no/,
  ],
  ['ldap', [hears(/20037$/), says('HTTP/1.1 400 Bad Request\r\n')], /not of LDAP/],
  ['postgres', [hears(/\x2f$/), says('N')], /has no TLS/],
  ['postgres', [hears(/\x2f$/), says('E')], /byte 69/],
  ['mysql', [says(mysqlGreeting(0xf7ff))], /has no TLS/],
  ['mysql', [says(Buffer.from('\x1d\0\0\0\xff\x10\x04Host is blocked, go away now', 'latin1'))], /Host is blocked/],
  ['mysql', [says('\x05\0\0\0hello')], /does not greet as MySQL/],
  ['xmpp', [hears(/>$/), says(xmppOpening + xmppFeatures('<mechanisms/>'))], /does not offer STARTTLS/],
  ['xmpp', [hears(/>$/), says(xmppOpening + xmppFeatures(wantsTls)), hears(/starttls/), says("<failure xmlns='x'/>")], /failure/],
]

/** Plays a script with whoever connects, and then gives the connection to a server of TLS on that port. */
export const scripted = (script: Script, tlsPort?: number): Promise<Listening> =>
  tcpServer(socket => void play(socket, script).then(() => tlsPort === undefined || splice(socket, tlsPort)))

async function play(socket: Socket, script: Script): Promise<void> {
  for (const line of script) {
    if ('says' in line) socket.write(line.says)
    else await heard(socket, line.hears)
  }
}

function heard(socket: Socket, pattern: RegExp): Promise<void> {
  let text = ''
  return new Promise(resolve => {
    const take = (chunk: Buffer): void => {
      text += chunk.toString('latin1')
      const match = pattern.exec(text)
      if (!match) return
      socket.off('data', take)
      socket.pause()
      // A client need not wait before it begins with TLS.
      const rest = text.slice(match.index + match[0].length)
      if (rest !== '') socket.unshift(Buffer.from(rest, 'latin1'))
      resolve()
    }
    socket.on('data', take)
    socket.resume()
  })
}

function splice(socket: Socket, port: number): void {
  const other = connect({ host: '127.0.0.1', port })
  other.on('error', () => socket.destroy())
  socket.on('close', () => other.destroy())
  socket.pipe(other)
  other.pipe(socket)
}

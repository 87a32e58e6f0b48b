import type { Duplex } from 'node:stream'
import { Dialogue } from '../dialogue.ts'
import { ftp } from './ftp.ts'
import { imap } from './imap.ts'
import { ldap } from './ldap.ts'
import { mysql } from './mysql.ts'
import { pop3 } from './pop3.ts'
import { postgres } from './postgres.ts'
import { smtp } from './smtp.ts'
import type { StartTlsProtocol } from './start-tls-protocol.ts'
import { xmpp, xmppServer } from './xmpp.ts'

export const startTlsProtocols = {
  smtp,
  imap,
  pop3,
  ftp,
  ldap,
  postgres,
  mysql,
  xmpp,
  'xmpp-server': xmppServer,
} satisfies Record<string, StartTlsProtocol>
export type StartTlsName = keyof typeof startTlsProtocols
export const startTlsNames = Object.keys(startTlsProtocols) as readonly StartTlsName[]

interface BeginTls {
  readonly protocol: StartTlsName
  /** Its name, for protocols that say to whom they speak. */
  readonly server: string
  readonly signal: AbortSignal
}

/** Brings a server to where a TLS handshake can begin. @throws NetError of phase `wait`; the signal's reason. The stream is closed then. */
export async function beginTls(stream: Duplex, { protocol, server, signal }: BeginTls): Promise<void> {
  using dialogue = new Dialogue(stream, { signal })
  try {
    await startTlsProtocols[protocol].ask(dialogue, server)
    dialogue.silent()
  } catch (error) {
    stream.destroy()
    throw error
  }
}

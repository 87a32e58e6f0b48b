import { reply } from './smtp.ts'
import type { StartTlsProtocol } from './start-tls-protocol.ts'

/** RFC 4217. */
export const ftp: StartTlsProtocol = {
  port: 21,
  async ask(dialogue) {
    await reply(dialogue, '220')
    dialogue.send('AUTH TLS\r\n')
    await reply(dialogue, '234')
  },
}

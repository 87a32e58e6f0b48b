import { refused, type StartTlsProtocol } from './start-tls-protocol.ts'

/** RFC 2595, section 4. */
export const pop3: StartTlsProtocol = {
  port: 110,
  async ask(dialogue) {
    const greeting = await dialogue.line()
    if (!greeting.startsWith('+OK')) throw refused(greeting)
    dialogue.send('STLS\r\n')
    const answer = await dialogue.line()
    if (!answer.startsWith('+OK')) throw refused(answer)
  },
}

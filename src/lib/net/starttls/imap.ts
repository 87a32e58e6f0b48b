import { refused, type StartTlsProtocol } from './start-tls-protocol.ts'

/** RFC 3501, section 6.2.1. */
export const imap: StartTlsProtocol = {
  port: 143,
  async ask(dialogue) {
    const greeting = await dialogue.line()
    if (!/^\* (OK|PREAUTH)\b/i.test(greeting)) throw refused(greeting)
    dialogue.send('a1 STARTTLS\r\n')
    for (;;) {
      const line = await dialogue.line()
      if (/^a1 OK\b/i.test(line)) return
      if (!line.startsWith('* ')) throw refused(line)
    }
  },
}

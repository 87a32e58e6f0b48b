import { refused, type StartTlsProtocol } from './start-tls-protocol.ts'

/** SSLRequest of the PostgreSQL protocol: its length, then 1234 and 5679; the answer is one byte. */
const request = Uint8Array.of(0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f)

export const postgres: StartTlsProtocol = {
  port: 5432,
  async ask(dialogue) {
    dialogue.send(request)
    const [answer] = await dialogue.bytes(1)
    if (answer === 0x4e) throw refused('it has no TLS')
    if (answer !== 0x53) throw refused(`it answers with byte ${answer}, neither S nor N`)
  },
}

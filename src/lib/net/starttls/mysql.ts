import { refused, type StartTlsProtocol } from './start-tls-protocol.ts'

const capabilities = { longPassword: 0x1, protocol41: 0x200, ssl: 0x800, secureConnection: 0x8000 }

/** MySQL and MariaDB: the server greets with what it can do (HandshakeV10), and is answered with an SSLRequest packet. */
export const mysql: StartTlsProtocol = {
  port: 3306,
  async ask(dialogue) {
    const head = await dialogue.bytes(4)
    const greeting = await dialogue.bytes(head.readUIntLE(0, 3))
    if (greeting[0] === 0xff) throw refused(greeting.toString('latin1', 3))
    const version = greeting.indexOf(0, 1)
    // After the version: thread (4 bytes), the first of a nonce (8), a filler, and the lower half of the capabilities.
    const at = version + 1 + 4 + 8 + 1
    if (greeting[0] !== 10 || version === -1 || at + 2 > greeting.length) throw refused('it does not greet as MySQL does')
    if ((greeting.readUInt16LE(at) & capabilities.ssl) === 0) throw refused('it has no TLS')
    dialogue.send(sslRequest(greeting[at + 2] ?? 0x21))
  },
}

function sslRequest(charset: number): Buffer {
  const packet = Buffer.alloc(36)
  packet.writeUIntLE(32, 0, 3)
  packet[3] = 1
  const { longPassword, protocol41, ssl, secureConnection } = capabilities
  packet.writeUInt32LE(longPassword | protocol41 | ssl | secureConnection, 4)
  packet.writeUInt32LE(1 << 24, 8)
  packet[12] = charset
  return packet
}

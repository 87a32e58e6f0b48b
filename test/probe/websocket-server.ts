import { createHash } from 'node:crypto'
import type { Socket } from 'node:net'
import { type Listening, tcpServer } from '../helpers/tls-server.ts'

/** What follows the head of a request, by its key. */
type Answer = (key: string) => string

export const acceptOf = (key: string): string =>
  createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')

/** A head that goes over to WebSocket, with these lines besides. */
export const switching =
  (...more: readonly string[]): Answer =>
  key =>
    [
      'HTTP/1.1 101 Switching Protocols',
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Accept: ${acceptOf(key)}`,
      ...more,
    ]
      .join('\r\n')
      .concat('\r\n\r\n')

/** Reads a handshake, answers it, and then does what the test says; what has been said together with the handshake comes with it. */
export const handshaking = (answer: Answer, then: (socket: Socket) => void = () => undefined): Promise<Listening> =>
  tcpServer(socket => {
    let head = ''
    const take = (chunk: Buffer): void => {
      head += chunk.toString('latin1')
      if (!head.includes('\r\n\r\n')) return
      socket.off('data', take)
      socket.resume()
      const [, key = ''] = /^sec-websocket-key: (.*)\r$/im.exec(head) ?? []
      socket.write(answer(key), 'latin1')
      then(socket)
    }
    socket.on('data', take)
  })

/** A frame of a server; `first` is its first byte: 0x81 is a whole text. */
export function frameOf(first: number, payload: string | Uint8Array): Buffer {
  const bytes = Buffer.from(payload)
  const { length } = bytes
  const size = length < 126 ? [length] : length < 65_536 ? [126, length >> 8, length & 255] : [127, 0, 0, 0, 0, ...wide(length)]
  return Buffer.from([first, ...size, ...bytes])
}

const wide = (length: number): number[] => [24, 16, 8, 0].map(shift => (length >>> shift) & 255)

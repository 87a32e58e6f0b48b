import { createServer, type Socket } from 'node:net'

export interface ScriptedServer extends AsyncDisposable {
  readonly port: number
  /** Connections so far. */
  readonly connections: number
  /** What was received so far, of all connections. */
  readonly received: string
}

/**
 * A server on 127.0.0.1 that does what the script says with every connection, however wrong. `asked` of the connection is told every
 * request as it comes.
 */
export async function scriptedServer(
  script: (socket: Socket, asked: (answer: (request: string) => void) => void) => void,
): Promise<ScriptedServer> {
  const sockets = new Set<Socket>()
  let connections = 0
  let received = ''
  const server = createServer({ noDelay: true }, socket => {
    connections++
    sockets.add(socket)
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
    socket.on('data', bytes => {
      received += bytes.toString('latin1')
    })
    script(socket, answer => {
      let request = ''
      socket.on('data', bytes => {
        request += bytes.toString('latin1')
        if (!request.includes('\r\n\r\n')) return
        const whole = request
        request = ''
        answer(whole)
      })
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    get connections() {
      return connections
    },
    get received() {
      return received
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>(resolve => server.close(() => resolve()))
    },
  }
}

/** A server that answers every request with the same bytes. */
export const answering = (bytes: string | Buffer): Promise<ScriptedServer> =>
  scriptedServer((socket, asked) => asked(() => socket.write(bytes)))

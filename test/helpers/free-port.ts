import { createServer } from 'node:net'
import { ownNumbers } from './own-numbers.ts'

const nextNumber = ownNumbers(22_000)

/**
 * A port that nobody listens on, below the range from which the kernel takes the ports of outgoing connections.
 * Someone else may still take it first: a server that cannot bind asks for another.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + nextNumber()
    if (await canListen(port)) return port
  }
}

function canListen(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '0.0.0.0', () => server.close(() => resolve(true)))
  })
}

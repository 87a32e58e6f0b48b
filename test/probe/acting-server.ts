import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { Dialogue } from '../../src/lib/net/dialogue.ts'
import { type Listening, tcpServer } from '../helpers/tls-server.ts'
import type { Act } from './blackbox-tcp-cases.ts'
import type { WebTls } from './web-server.ts'

/** A server that does with every connection what it is told, and then closes it. */
export const actingServer = (acts: readonly Act[], tls?: WebTls): Promise<Listening> =>
  tcpServer(socket => void act(socket, acts, tls).catch(() => socket.destroy()))

async function act(below: Socket, acts: readonly Act[], tls: WebTls | undefined): Promise<void> {
  const { signal } = new AbortController()
  let stream: Socket = below
  let dialogue: Dialogue | undefined
  const open = (): Dialogue => {
    dialogue ??= new Dialogue(stream, { signal })
    return dialogue
  }
  for (const each of acts) {
    if (each === 'tls') {
      dialogue?.[Symbol.dispose]()
      dialogue = undefined
      stream = new TLSSocket(below, { isServer: true, ...tls })
      stream.on('error', () => below.destroy())
    } else if ('says' in each) {
      stream.write(each.says)
    } else {
      const line = await open().line()
      if (!each.hears.test(line)) throw new Error(`it hears ${JSON.stringify(line)}`)
    }
  }
  stream.end()
}

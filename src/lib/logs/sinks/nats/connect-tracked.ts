import { type ConnectionOptions, type NatsConnection, NatsConnectionImpl, setTransportFactory } from '@nats-io/transport-node'
import { NodeTransport, nodeResolveHost } from '@nats-io/transport-node/lib/node_transport.js'
import type { Socket } from '../../../net/connect.ts'
import type { TrackedSockets } from '../../../net/tracked-sockets.ts'

interface TrackedOptions extends ConnectionOptions {
  readonly sockets: TrackedSockets
  /** No server is connected to any more once it aborts. */
  readonly abandoned: AbortSignal
}

/**
 * What the library's own `connect` does, on sockets that can be taken away from it: it leaves open what never became a connection, and has
 * no way to give up before its own time-out.
 */
export function connectTracked(options: TrackedOptions): Promise<NatsConnection> {
  setTransportFactory({ factory: () => new TrackedTransport(), dnsResolveFn: nodeResolveHost })
  return NatsConnectionImpl.connect(options)
}

/** The factory is one for the process: whose sockets these are is told by the options of the connection, which the library hands through. */
class TrackedTransport extends NodeTransport {
  override dial({ hostname, port }: { hostname: string; port: number }): Promise<Socket> {
    const { sockets, abandoned } = this.options as TrackedOptions
    abandoned.throwIfAborted()
    const dialed = Promise.withResolvers<Socket>()
    let problem: Error = new Error('the connection was closed')
    const socket = sockets.make({
      host: hostname,
      port,
      onConnect: () => {
        socket.removeListener('error', failed)
        socket.removeListener('close', closed)
        dialed.resolve(socket)
      },
    })
    const failed = (error: Error): void => {
      problem = error
    }
    const closed = (): void => dialed.reject(problem)
    socket.on('error', failed)
    socket.on('close', closed)
    return dialed.promise
  }
}

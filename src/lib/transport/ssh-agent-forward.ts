import type { Socket } from '../net/connect.ts'
import { connectUnix } from '../net/connect.ts'
import type { ChannelEvents, SshChannel } from './ssh-channel.ts'

/** Connects a channel, which the host opened to reach our agent, to the agent's socket. */
export function forwardToAgent(path: string, open: (events: ChannelEvents) => SshChannel): void {
  const end = new AgentEnd(path)
  end.start(open(end))
}

class AgentEnd implements ChannelEvents {
  readonly #path: string
  readonly #gone = new AbortController()
  #socket: Socket | undefined
  #early: Buffer[] = []
  #channel: SshChannel | undefined

  constructor(path: string) {
    this.#path = path
  }

  start(channel: SshChannel): void {
    this.#channel = channel
    connectUnix(this.#path, this.#gone.signal).then(
      socket => this.#connected(socket, channel),
      () => channel.close(),
    )
  }

  data(bytes: Buffer): void {
    if (this.#socket) this.#socket.write(bytes)
    else this.#early.push(bytes)
    this.#channel?.credit(bytes.length)
  }

  eof(): void {
    this.#channel?.close()
  }

  closed(): void {
    this.#gone.abort()
    this.#socket?.destroy()
  }

  #connected(socket: Socket, channel: SshChannel): void {
    this.#socket = socket
    socket.on('data', (bytes: Buffer) => channel.write(bytes))
    socket.on('error', () => undefined)
    socket.on('close', () => channel.close())
    for (const bytes of this.#early.splice(0)) socket.write(bytes)
  }
}

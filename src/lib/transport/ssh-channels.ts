import { forwardToAgent } from './ssh-agent-forward.ts'
import { type ChannelEvents, ChannelRefused, packetBytes, SshChannel, windowBytes } from './ssh-channel.ts'
import type { MessageHandlers, SshProtocol } from './ssh-library.ts'

const stderrType = 1
const administrativelyProhibited = 1

interface Opening {
  readonly events: ChannelEvents
  resolve(channel: SshChannel): void
  reject(error: Error): void
}

/** The channels of one connection. */
export class SshChannels {
  readonly #protocol: () => SshProtocol
  readonly #agentToForward: string | undefined
  readonly #channels = new Map<number, SshChannel>()
  readonly #opening = new Map<number, Opening>()
  #next = 0
  #lost: Error | undefined

  constructor(protocol: () => SshProtocol, agentToForward: string | undefined) {
    this.#protocol = protocol
    this.#agentToForward = agentToForward
  }

  /** How many are open or being opened. */
  get size(): number {
    return this.#channels.size + this.#opening.size
  }

  /** @throws ChannelRefused, or why the connection was lost */
  openSession(events: ChannelEvents): Promise<SshChannel> {
    return this.#open(events, id => this.#protocol().session(id, windowBytes, packetBytes))
  }

  /** A connection that the server makes for us. @throws ChannelRefused, or why the connection was lost */
  openForward(target: { readonly host: string; readonly port: number }, events: ChannelEvents): Promise<SshChannel> {
    const address = { srcIP: '127.0.0.1', srcPort: 0, dstIP: target.host, dstPort: target.port }
    return this.#open(events, id => this.#protocol().directTcpip(id, windowBytes, packetBytes, address))
  }

  /** The connection is gone, and every channel with it. */
  lose(error: Error): void {
    this.#lost = error
    const opening = [...this.#opening.values()]
    const channels = [...this.#channels.values()]
    this.#opening.clear()
    this.#channels.clear()
    for (const { reject } of opening) reject(error)
    for (const channel of channels) channel.onClose(error.message)
  }

  handlers(): Pick<MessageHandlers, Extract<keyof MessageHandlers, `CHANNEL_${string}`>> {
    return {
      CHANNEL_OPEN: (protocol, request) => this.#requested(protocol, request),
      CHANNEL_OPEN_CONFIRMATION: (_, { recipient, sender, window, packetSize }) => {
        const opening = this.#opening.get(recipient)
        if (!opening) return
        this.#opening.delete(recipient)
        opening.resolve(this.#add({ local: recipient, remote: sender, window, maxPacket: packetSize }, opening.events))
      },
      CHANNEL_OPEN_FAILURE: (_, recipient, reason, description) => {
        this.#opening.get(recipient)?.reject(new ChannelRefused(description || 'refused', reason))
        this.#opening.delete(recipient)
      },
      CHANNEL_WINDOW_ADJUST: (_, recipient, bytes) => this.#channels.get(recipient)?.onWindow(bytes),
      CHANNEL_DATA: (_, recipient, data) => this.#channels.get(recipient)?.onData(data, 'stdout'),
      CHANNEL_EXTENDED_DATA: (_, recipient, data, type) => {
        if (type === stderrType) this.#channels.get(recipient)?.onData(data, 'stderr')
      },
      CHANNEL_EOF: (_, recipient) => this.#channels.get(recipient)?.onEof(),
      CHANNEL_CLOSE: (_, recipient) => {
        const channel = this.#channels.get(recipient)
        this.#channels.delete(recipient)
        channel?.onClose()
      },
      CHANNEL_REQUEST: (_, recipient, type, wantReply, data) => this.#channels.get(recipient)?.onRequest(type, wantReply, data),
      CHANNEL_SUCCESS: (_, recipient) => this.#channels.get(recipient)?.onReply(true),
      CHANNEL_FAILURE: (_, recipient) => this.#channels.get(recipient)?.onReply(false),
    }
  }

  /** The host wants a channel: only one to our agent, and only when it was allowed. */
  #requested(protocol: SshProtocol, request: Parameters<MessageHandlers['CHANNEL_OPEN']>[1]): void {
    const { type, sender: remote, window, packetSize: maxPacket } = request
    if (type !== 'auth-agent@openssh.com' || this.#agentToForward === undefined) {
      protocol.channelOpenFail(remote, administrativelyProhibited, 'not asked for')
      return
    }
    const local = this.#next++
    forwardToAgent(this.#agentToForward, events => this.#add({ local, remote, window, maxPacket }, events))
    protocol.channelOpenConfirm(remote, local, windowBytes, packetBytes)
  }

  #open(events: ChannelEvents, send: (id: number) => void): Promise<SshChannel> {
    if (this.#lost) return Promise.reject(this.#lost)
    const id = this.#next++
    return new Promise((resolve, reject) => {
      this.#opening.set(id, { events, resolve, reject })
      send(id)
    })
  }

  #add(ids: ConstructorParameters<typeof SshChannel>[1], events: ChannelEvents): SshChannel {
    const channel = new SshChannel(this.#protocol(), ids, events)
    this.#channels.set(ids.local, channel)
    return channel
  }
}

import type { Clock } from '../core/clock.ts'
import { type ConnectStage, TransportError } from '../core/transport.ts'
import { asBuffer, type ChannelEvents, ChannelRefused, packetBytes, SshChannel, windowBytes } from './ssh-channel.ts'
import type { MessageHandlers, SshLibrary, SshProtocol } from './ssh-library.ts'
import type { Wire } from './wire.ts'

/** What the server said to a request for authentication. */
export type AuthReply =
  | { readonly type: 'success' }
  | { readonly type: 'failure'; readonly methods: readonly string[]; readonly partial: boolean }
  | { readonly type: 'key-accepted' }
  | { readonly type: 'prompts'; readonly prompts: readonly { readonly prompt: string; readonly echo: boolean }[] }
  | { readonly type: 'change-password' }

export interface SessionOptions {
  readonly library: SshLibrary
  readonly clock: Clock
  readonly wire: Wire
  /** From SshLibrary.offer. */
  readonly offer: object
  readonly onStage: (stage: ConnectStage) => void
  /** @throws TransportError hostkey */
  readonly verifyHostKey: (key: Buffer) => Promise<void>
  readonly keepAlive: { readonly intervalMs: number; readonly countMax: number }
  /** Serves a channel to our agent that the server opens; absent: refused. */
  readonly openAgentChannel?: (open: (events: ChannelEvents) => SshChannel) => void
}

const stderrType = 1
const byApplication = 11
const administrativelyProhibited = 1

/** One SSH connection over a wire: from the first byte to channels. The first trouble is the one that is told; everything later follows from it. */
export class SshSession {
  readonly #options: SessionOptions
  readonly #protocol: SshProtocol
  readonly #handshake = Promise.withResolvers<Buffer>()
  readonly #channels = new Map<number, SshChannel>()
  readonly #opening = new Map<number, Opening>()
  #nextChannel = 0
  #stage: ConnectStage = 'banner'
  #authReply: PromiseWithResolvers<AuthReply> | undefined
  #serverSoftware = ''
  #signatureAlgorithms: readonly string[] = []
  #hostKey: Buffer | undefined
  #outgoing: Buffer[] = []
  #error: TransportError | undefined
  #onLost: ((error: TransportError) => void) | undefined
  #cancelKeepAlive: (() => void) | undefined
  #unanswered = 0

  constructor(options: SessionOptions) {
    this.#options = options
    this.#handshake.promise.catch(() => undefined)
    this.#protocol = new options.library.Protocol({
      ident: 'opsctl',
      offer: options.offer,
      onWrite: data => this.#send(data),
      onError: error => this.#fail(this.#protocolError(error)),
      onHeader: header => {
        this.#serverSoftware = header.versions.software
        this.#enter('handshake')
      },
      onHandshakeComplete: () => {
        if (this.#hostKey) this.#handshake.resolve(this.#hostKey)
      },
      hostVerifier: (key, verify) => {
        this.#verify(key, verify)
        return undefined
      },
      messageHandlers: this.#handlers(),
    })
    options.onStage('banner')
    this.#protocol.start()
    // Last: what the host said before somebody listened is read at once.
    options.wire.listen({ data: bytes => this.#receive(asBuffer(bytes)), closed: error => this.#wireClosed(error) })
  }

  /** The host's key, once it is judged, the host has proven to hold it, and both sides encrypt. @throws TransportError */
  get handshake(): Promise<Buffer> {
    return this.#handshake.promise
  }

  get protocol(): SshProtocol {
    return this.#protocol
  }

  get serverSoftware(): string {
    return this.#serverSoftware
  }

  /** Names of signature algorithms that the server takes (RFC 8308); empty when it did not say. */
  get signatureAlgorithms(): readonly string[] {
    return this.#signatureAlgorithms
  }

  get error(): TransportError | undefined {
    return this.#error
  }

  /** Called when the connection is lost while it is in use. */
  set onLost(call: (error: TransportError) => void) {
    this.#onLost = call
  }

  startAuth(): Promise<AuthReply> {
    this.#enter('auth')
    return this.authRequest(() => this.#protocol.service('ssh-userauth'))
  }

  /** Sends one request and waits for the answer. @throws TransportError when the connection is lost first */
  authRequest(send: () => void): Promise<AuthReply> {
    if (this.#error) return Promise.reject(this.#error)
    this.#authReply = Promise.withResolvers<AuthReply>()
    send()
    return this.#authReply.promise
  }

  /** @throws ChannelRefused, or TransportError when the connection is lost first */
  openSession(events: ChannelEvents): Promise<SshChannel> {
    return this.#open(events, id => this.#protocol.session(id, windowBytes, packetBytes))
  }

  /** A connection that the server makes for us. @throws ChannelRefused, or TransportError when the connection is lost first */
  openForward(target: { readonly host: string; readonly port: number }, events: ChannelEvents): Promise<SshChannel> {
    const address = { srcIP: '127.0.0.1', srcPort: 0, dstIP: target.host, dstPort: target.port }
    return this.#open(events, id => this.#protocol.directTcpip(id, windowBytes, packetBytes, address))
  }

  /** Says good-bye and closes, without waiting for a peer that does not answer. */
  end(): void {
    if (!this.#error && this.#stage === 'session') {
      this.#protocol.disconnect(byApplication)
      this.#flush()
    }
    this.#finish(new TransportError('closed', 'the connection was closed by opsctl'))
    this.#options.wire.end()
  }

  /** Ends it for a reason that is told to everyone who waits. */
  fail(error: TransportError): void {
    this.#fail(error)
  }

  #enter(stage: ConnectStage): void {
    this.#stage = stage
    this.#options.onStage(stage)
  }

  #verify(key: Buffer, verify: (permitted: boolean) => void): void {
    if (this.#hostKey) {
      // A new key exchange in the life of the connection: the key may not change.
      if (this.#hostKey.equals(key)) verify(true)
      else this.#fail(new TransportError('hostkey', 'the host changed its key within the connection', { stage: 'hostkey' }))
      return
    }
    this.#enter('hostkey')
    const own = Buffer.from(key)
    this.#options.verifyHostKey(own).then(
      () => {
        this.#hostKey = own
        if (!this.#error) verify(true)
      },
      error => this.#fail(asTransportError(error, 'hostkey')),
    )
  }

  #receive(bytes: Buffer): void {
    if (this.#error) return
    this.#unanswered = 0
    try {
      this.#protocol.parse(bytes, 0, bytes.length)
    } catch (error) {
      this.#fail(this.#protocolError(error))
    }
  }

  /** Packets of one turn of the event loop leave together: a system call each would cost more than the packet. */
  #send(data: Buffer): void {
    if (this.#error) return
    this.#outgoing.push(data)
    if (this.#outgoing.length === 1) queueMicrotask(() => this.#flush())
  }

  #flush(): void {
    const packets = this.#outgoing
    if (packets.length === 0) return
    this.#outgoing = []
    const [first] = packets
    this.#options.wire.write(packets.length === 1 && first ? first : Buffer.concat(packets))
  }

  #open(events: ChannelEvents, send: (id: number) => void): Promise<SshChannel> {
    if (this.#error) return Promise.reject(this.#error)
    const id = this.#nextChannel++
    return new Promise((resolve, reject) => {
      this.#opening.set(id, { events, resolve, reject })
      send(id)
    })
  }

  #keepAlive(): void {
    const { intervalMs, countMax } = this.#options.keepAlive
    if (intervalMs === 0) return
    this.#cancelKeepAlive = this.#options.clock.timer(intervalMs, () => {
      if (this.#unanswered >= countMax) {
        this.#fail(new TransportError('closed', `the host did not answer ${countMax} keep-alive messages`))
        return
      }
      this.#unanswered++
      this.#protocol.ping()
      this.#keepAlive()
    })
  }

  #wireClosed(error?: Error): void {
    if (this.#stage === 'session') {
      const why = error ? `: ${error.message}` : ''
      this.#fail(new TransportError('closed', `the host closed the connection${why}`, { cause: error }))
      return
    }
    const told = error?.message ?? 'the host closed the connection'
    const hint = this.#stage === 'banner' ? ' (too many connections at once is one cause: MaxStartups)' : ''
    const retryable = this.#stage !== 'auth'
    this.#fail(new TransportError('unreachable', `${told}${hint}`, { stage: this.#stage, retryable, cause: error }))
  }

  /** Trouble that ssh2 found in what arrived. */
  #protocolError(error: unknown): TransportError {
    const message = error instanceof Error ? error.message : String(error)
    if (this.#stage === 'session') return new TransportError('closed', `the connection broke: ${message}`, { cause: error })
    return new TransportError('unreachable', message, { stage: this.#stage, cause: error })
  }

  #fail(error: TransportError): void {
    if (this.#error) return
    this.#flush()
    this.#finish(error)
    this.#options.wire.destroy()
  }

  #finish(error: TransportError): void {
    if (this.#error) return
    this.#error = error
    this.#cancelKeepAlive?.()
    this.#handshake.reject(error)
    this.#authReply?.reject(error)
    for (const opening of this.#opening.values()) opening.reject(error)
    for (const channel of this.#channels.values()) channel.onClose(error.message)
    this.#opening.clear()
    this.#channels.clear()
    this.#protocol.cleanup()
    this.#onLost?.(error)
  }

  #answerAuth(reply: AuthReply): void {
    this.#authReply?.resolve(reply)
  }

  #handlers(): MessageHandlers {
    return {
      DISCONNECT: (_, reason, description) => this.#disconnected(reason, description),
      SERVICE_ACCEPT: () => this.#answerAuth({ type: 'failure', methods: [], partial: false }),
      EXT_INFO: (_, extensions) => {
        this.#signatureAlgorithms = extensions.find(({ name }) => name === 'server-sig-algs')?.algs ?? []
      },
      USERAUTH_BANNER: () => undefined,
      USERAUTH_SUCCESS: () => {
        this.#enter('session')
        this.#keepAlive()
        this.#answerAuth({ type: 'success' })
      },
      USERAUTH_FAILURE: (_, methods, partial) => this.#answerAuth({ type: 'failure', methods, partial }),
      USERAUTH_PASSWD_CHANGEREQ: () => this.#answerAuth({ type: 'change-password' }),
      USERAUTH_PK_OK: () => this.#answerAuth({ type: 'key-accepted' }),
      USERAUTH_INFO_REQUEST: (_, _name, _instructions, prompts) => this.#answerAuth({ type: 'prompts', prompts }),
      REQUEST_SUCCESS: () => undefined,
      REQUEST_FAILURE: () => undefined,
      // hostkeys-00@openssh.com and the like: nothing is asked of us.
      GLOBAL_REQUEST: (protocol, _name, wantReply) => {
        if (wantReply) protocol.requestFailure()
      },
      CHANNEL_OPEN: (protocol, { type, sender, window, packetSize }) => {
        const serve = this.#options.openAgentChannel
        if (type !== 'auth-agent@openssh.com' || !serve) {
          protocol.channelOpenFail(sender, administrativelyProhibited, 'not asked for')
          return
        }
        serve(events => {
          const channel = this.#add({ local: this.#nextChannel++, remote: sender, window, maxPacket: packetSize }, events)
          protocol.channelOpenConfirm(sender, channel.local, windowBytes, packetBytes)
          return channel
        })
      },
      CHANNEL_OPEN_CONFIRMATION: (_, { recipient, sender, window, packetSize }) => {
        const opening = this.#opening.get(recipient)
        if (!opening) return
        this.#opening.delete(recipient)
        opening.resolve(this.#add({ local: recipient, remote: sender, window, maxPacket: packetSize }, opening.events))
      },
      CHANNEL_OPEN_FAILURE: (_, recipient, _reason, description) => {
        this.#opening.get(recipient)?.reject(new ChannelRefused(description || 'refused'))
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

  #add(ids: ConstructorParameters<typeof SshChannel>[1], events: ChannelEvents): SshChannel {
    const channel = new SshChannel(this.#protocol, ids, events)
    this.#channels.set(ids.local, channel)
    return channel
  }

  #disconnected(reason: number, description: string): void {
    const told = description
      ? `the host ended the connection: ${description}`
      : `the host ended the connection (reason ${reason})`
    if (this.#stage === 'session') this.#fail(new TransportError('closed', told))
    else this.#fail(new TransportError(this.#stage === 'auth' ? 'auth' : 'unreachable', told, { stage: this.#stage }))
  }
}

interface Opening {
  readonly events: ChannelEvents
  resolve(channel: SshChannel): void
  reject(error: Error): void
}

export function asTransportError(error: unknown, stage: ConnectStage): TransportError {
  if (error instanceof TransportError) return error
  return new TransportError('error', error instanceof Error ? error.message : String(error), { stage, cause: error })
}

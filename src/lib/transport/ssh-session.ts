import type { Clock } from '../core/clock.ts'
import { type ConnectStage, TransportError } from '../core/transport.ts'
import { KeepAlive } from './keep-alive.ts'
import { kexMismatch } from './kex-mismatch.ts'
import { Outbox } from './outbox.ts'
import { asBuffer } from './ssh-channel.ts'
import { SshChannels } from './ssh-channels.ts'
import type { Algorithms, MessageHandlers, SshLibrary, SshProtocol } from './ssh-library.ts'
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
  readonly algorithms: Algorithms
  readonly onStage: (stage: ConnectStage) => void
  /** @throws TransportError hostkey */
  readonly verifyHostKey: (key: Buffer) => Promise<void>
  readonly keepAlive: { readonly intervalMs: number; readonly countMax: number }
  /** Socket of the agent that the host may use; absent: none. */
  readonly agentToForward?: string
}

const byApplication = 11
/** How much of the handshake is kept for messages. */
const greetingBytes = 8192

/** One SSH connection over a wire: from the first byte to channels. The first trouble is the one that is told; everything later follows from it. */
export class SshSession {
  readonly channels: SshChannels
  readonly #options: SessionOptions
  readonly #protocol: SshProtocol
  readonly #outbox: Outbox
  readonly #handshake = Promise.withResolvers<Buffer>()
  #stage: ConnectStage = 'banner'
  #authReply: PromiseWithResolvers<AuthReply> | undefined
  #serverSoftware = ''
  #signatureAlgorithms: readonly string[] = []
  #hostKey: Buffer | undefined
  /** The beginning of what the host sent, in the clear, until the handshake is over. */
  #greeting: Buffer = Buffer.alloc(0)
  #error: TransportError | undefined
  #onLost: ((error: TransportError) => void) | undefined
  #keepAlive: KeepAlive | undefined
  #pings: (() => void)[] = []

  constructor(options: SessionOptions) {
    this.#options = options
    this.#outbox = new Outbox(options.wire)
    this.#handshake.promise.catch(() => undefined)
    this.channels = new SshChannels(() => this.#protocol, options.agentToForward)
    this.#protocol = options.library.protocol({
      ident: 'opsctl',
      offer: options.library.offer(options.algorithms),
      onWrite: packet => {
        if (!this.#error) this.#outbox.add(packet)
      },
      onError: error => this.fail(this.#protocolError(error)),
      onHeader: header => {
        this.#serverSoftware = header.versions.software
        this.#enter('handshake')
      },
      onHandshakeComplete: () => {
        this.#greeting = Buffer.alloc(0)
        if (this.#hostKey) this.#handshake.resolve(this.#hostKey)
      },
      hostVerifier: (key, verify) => {
        const own = Buffer.from(key)
        this.#judge(own, verify)
        return undefined
      },
      messageHandlers: { ...this.#handlers(), ...this.channels.handlers() },
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

  /** Why it can not be used any more. */
  get error(): TransportError | undefined {
    return this.#error
  }

  /** Called once when the connection ends, whoever ended it. */
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

  /** Resolves when the host answers, which it does in order, or when the connection is lost. */
  ping(): Promise<void> {
    if (this.#error) return Promise.resolve()
    return new Promise(resolve => {
      this.#pings.push(resolve)
      this.#protocol.ping()
    })
  }

  /** Says good-bye and closes, without waiting for a peer that does not answer. */
  end(): void {
    if (this.#error) return
    if (this.#stage === 'session') {
      this.#protocol.disconnect(byApplication)
      this.#outbox.flush()
    }
    this.#finish(new TransportError('closed', 'the connection was closed by opsctl'))
    this.#options.wire.end()
  }

  /** Ends it for a reason that is told to everyone who waits. The first one counts. */
  fail(error: TransportError): void {
    if (this.#error) return
    this.#outbox.flush()
    this.#finish(error)
    this.#options.wire.destroy()
  }

  get #inHandshake(): boolean {
    return this.#stage === 'banner' || this.#stage === 'handshake'
  }

  #enter(stage: ConnectStage): void {
    this.#stage = stage
    this.#options.onStage(stage)
  }

  #judge(key: Buffer, verify: (permitted: boolean) => void): void {
    if (this.#hostKey) {
      // A new key exchange in the life of the connection: the key may not change.
      if (this.#hostKey.equals(key)) verify(true)
      else this.fail(new TransportError('hostkey', 'the host changed its key within the connection', { stage: 'hostkey' }))
      return
    }
    this.#enter('hostkey')
    // A copy: the key lies in a buffer that the protocol may use again.
    const own = Buffer.from(key)
    this.#options.verifyHostKey(own).then(
      () => {
        this.#hostKey = own
        if (!this.#error) verify(true)
      },
      error => this.fail(asTransportError(error, 'hostkey')),
    )
  }

  #receive(bytes: Buffer): void {
    if (this.#error) return
    this.#keepAlive?.heard()
    if (this.#inHandshake && this.#greeting.length < greetingBytes) this.#greeting = Buffer.concat([this.#greeting, bytes])
    try {
      this.#protocol.parse(bytes, 0, bytes.length)
    } catch (error) {
      this.fail(this.#protocolError(error))
    }
  }

  #authenticated(): void {
    this.#enter('session')
    const { clock, keepAlive } = this.#options
    const message = `the host did not answer ${keepAlive.countMax} keep-alive messages`
    this.#keepAlive = new KeepAlive({
      clock,
      ...keepAlive,
      ping: () => void this.ping(),
      onSilence: () => this.fail(new TransportError('closed', message)),
    })
    this.#authReply?.resolve({ type: 'success' })
  }

  #finish(error: TransportError): void {
    this.#error = error
    this.#keepAlive?.[Symbol.dispose]()
    this.#handshake.reject(error)
    this.#authReply?.reject(error)
    this.channels.lose(error)
    for (const resolve of this.#pings.splice(0)) resolve()
    this.#protocol.cleanup()
    this.#onLost?.(error)
  }

  #handlers() {
    return {
      DISCONNECT: (_, reason, description) => this.#disconnected(description || `reason ${reason}`),
      SERVICE_ACCEPT: () => this.#authReply?.resolve({ type: 'failure', methods: [], partial: false }),
      EXT_INFO: (_, extensions) => {
        this.#signatureAlgorithms = extensions.find(({ name }) => name === 'server-sig-algs')?.algs ?? []
      },
      USERAUTH_BANNER: () => undefined,
      USERAUTH_SUCCESS: () => this.#authenticated(),
      USERAUTH_FAILURE: (_, methods, partial) => this.#authReply?.resolve({ type: 'failure', methods, partial }),
      USERAUTH_PASSWD_CHANGEREQ: () => this.#authReply?.resolve({ type: 'change-password' }),
      USERAUTH_PK_OK: () => this.#authReply?.resolve({ type: 'key-accepted' }),
      USERAUTH_INFO_REQUEST: (_, _name, _instructions, prompts) => this.#authReply?.resolve({ type: 'prompts', prompts }),
      // Of all that can be requested only pings are; most hosts answer with a failure.
      REQUEST_SUCCESS: () => this.#pings.shift()?.(),
      REQUEST_FAILURE: () => this.#pings.shift()?.(),
      // hostkeys-00@openssh.com and the like: nothing is asked of us.
      GLOBAL_REQUEST: (protocol, _name, wantReply) => {
        if (wantReply) protocol.requestFailure()
      },
    } satisfies Partial<MessageHandlers>
  }

  #disconnected(words: string): void {
    const message = `the host ended the connection: ${words}`
    if (this.#stage === 'session') this.fail(new TransportError('closed', message))
    else this.fail(new TransportError(this.#stage === 'auth' ? 'auth' : 'unreachable', message, { stage: this.#stage }))
  }

  #wireClosed(error?: Error): void {
    const why = error ? `: ${error.message}` : ''
    if (this.#stage === 'session') {
      this.fail(new TransportError('closed', `the host closed the connection${why}`, { cause: error }))
      return
    }
    // sshd drops connections unheard when too many are not yet authenticated (MaxStartups): worth another try.
    const early = this.#stage === 'banner' ? ` before it introduced itself${saying(this.#greeting)}` : ''
    const message = `the host closed the connection${early}${why}`
    this.fail(new TransportError('unreachable', message, { stage: this.#stage, retryable: this.#stage !== 'auth', cause: error }))
  }

  /** Trouble that ssh2 found in what arrived. */
  #protocolError(cause: unknown): TransportError {
    const stage = this.#stage
    const message = cause instanceof Error ? cause.message : String(cause)
    if (stage === 'session') return new TransportError('closed', `the connection broke: ${message}`, { cause })
    if (stage === 'banner') {
      return new TransportError('unreachable', `the host does not speak SSH${saying(this.#greeting)}`, { stage, cause })
    }
    const mismatch = kexMismatch(message, { ours: this.#options.algorithms, received: this.#greeting })
    return new TransportError('unreachable', mismatch ?? message, { stage, cause })
  }
}

/** The first line of what came instead of SSH: something else listens there, or sshd says why it will not talk. */
function saying(received: Buffer): string {
  const line = received
    .subarray(0, 200)
    .toString('latin1')
    .split(/[\r\n]/, 1)[0]
  return line ? `; it said ${JSON.stringify(line)}` : ''
}

export function asTransportError(error: unknown, stage: ConnectStage): TransportError {
  if (error instanceof TransportError) return error
  return new TransportError('error', error instanceof Error ? error.message : String(error), { stage, cause: error })
}

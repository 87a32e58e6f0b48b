import type { SshProtocol } from './ssh-library.ts'

/** How much a channel may send before it is given more: what OpenSSH uses. */
export const windowBytes = 2 * 1024 * 1024
export const packetBytes = 32 * 1024

/** What happens on a channel. */
export interface ChannelEvents {
  /** `credit(bytes.length)` has to follow once they are dealt with. */
  data(bytes: Buffer, stream: 'stdout' | 'stderr'): void
  /** Everything that was held back by `write` has left. */
  drained?(): void
  exitStatus?(code: number): void
  exitSignal?(name: string): void
  eof?(): void
  /** Once, at the end; `lost` when the connection went with it. */
  closed(lost?: string): void
}

/** The server would not open a channel. */
export class ChannelRefused extends Error {
  override readonly name = 'ChannelRefused'
  /** RFC 4254, section 5.1: 1 is forbidden, 2 could not connect. */
  readonly code: number | undefined

  constructor(message: string, code?: number) {
    super(message)
    this.code = code
  }
}

/** One channel of a connection: windows, packets, order. */
export class SshChannel {
  readonly #protocol: SshProtocol
  readonly #local: number
  readonly #remote: number
  readonly #maxPacket: number
  readonly #events: ChannelEvents
  #sendWindow: number
  #consumed = 0
  #queue: Uint8Array[] = []
  #endWanted = false
  #replies: ((granted: boolean) => void)[] = []
  #state: 'open' | 'closing' | 'closed' = 'open'

  constructor(
    protocol: SshProtocol,
    ids: { readonly local: number; readonly remote: number; readonly window: number; readonly maxPacket: number },
    events: ChannelEvents,
  ) {
    this.#protocol = protocol
    this.#local = ids.local
    this.#remote = ids.remote
    this.#sendWindow = ids.window
    this.#maxPacket = Math.min(ids.maxPacket, packetBytes)
    this.#events = events
  }

  get local(): number {
    return this.#local
  }

  get isOpen(): boolean {
    return this.#state === 'open'
  }

  /** False when part of it waits for the other side; `drained` tells when nothing waits any more. */
  write(bytes: Uint8Array): boolean {
    if (this.#state !== 'open' || bytes.length === 0) return true
    this.#queue.push(bytes)
    return this.#flush()
  }

  /** After everything written. */
  end(): void {
    this.#endWanted = true
    this.#flush()
  }

  /** Gives back window for bytes that were dealt with. */
  credit(bytes: number): void {
    this.#consumed += bytes
    if (this.#consumed < windowBytes / 2 || this.#state !== 'open') return
    this.#protocol.channelWindowAdjust(this.#remote, this.#consumed)
    this.#consumed = 0
  }

  exec(line: string): Promise<boolean> {
    return this.#request(() => this.#protocol.exec(this.#remote, line, true))
  }

  subsystem(name: string): Promise<boolean> {
    return this.#request(() => this.#protocol.subsystem(this.#remote, name, true))
  }

  forwardAgent(): Promise<boolean> {
    return this.#request(() => this.#protocol.openssh_agentForward(this.#remote, true))
  }

  signal(name: 'TERM' | 'KILL'): void {
    if (this.#state === 'open') this.#protocol.signal(this.#remote, name)
  }

  close(): void {
    if (this.#state !== 'open') return
    this.#state = 'closing'
    this.#queue = []
    this.#protocol.channelClose(this.#remote)
  }

  onData(bytes: Buffer, stream: 'stdout' | 'stderr'): void {
    if (this.#state === 'open') this.#events.data(bytes, stream)
  }

  onWindow(bytes: number): void {
    this.#sendWindow += bytes
    if (this.#queue.length > 0 && this.#flush()) this.#events.drained?.()
  }

  onReply(granted: boolean): void {
    this.#replies.shift()?.(granted)
  }

  onRequest(type: string, wantReply: boolean, data: unknown): void {
    if (type === 'exit-status' && typeof data === 'number') this.#events.exitStatus?.(data)
    else if (type === 'exit-signal' && hasSignal(data)) this.#events.exitSignal?.(data.signal)
    else if (wantReply && this.#state === 'open') this.#protocol.channelFailure(this.#remote)
  }

  onEof(): void {
    this.#events.eof?.()
  }

  /** The other side closed it, or the connection is gone. */
  onClose(lost?: string): void {
    if (this.#state === 'closed') return
    if (this.#state === 'open' && lost === undefined) this.#protocol.channelClose(this.#remote)
    this.#state = 'closed'
    this.#queue = []
    for (const reply of this.#replies) reply(false)
    this.#replies = []
    this.#events.closed(lost)
  }

  #request(send: () => void): Promise<boolean> {
    if (this.#state !== 'open') return Promise.resolve(false)
    return new Promise(resolve => {
      this.#replies.push(resolve)
      send()
    })
  }

  /** True when nothing is left to send. */
  #flush(): boolean {
    for (let first = this.#queue[0]; first && this.#sendWindow > 0 && this.#state === 'open'; first = this.#queue[0]) {
      const size = Math.min(first.length, this.#sendWindow, this.#maxPacket)
      this.#protocol.channelData(this.#remote, asBuffer(first.subarray(0, size)))
      this.#sendWindow -= size
      if (size === first.length) this.#queue.shift()
      else this.#queue[0] = first.subarray(size)
    }
    const done = this.#queue.length === 0
    if (done && this.#endWanted && this.#state === 'open') {
      this.#endWanted = false
      this.#protocol.channelEOF(this.#remote)
    }
    return done
  }
}

export const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

function hasSignal(data: unknown): data is { signal: string } {
  return typeof data === 'object' && data !== null && 'signal' in data && typeof data.signal === 'string'
}

import { TransportError } from '../core/transport.ts'
import { asBuffer, type ChannelEvents, ChannelRefused, type SshChannel } from './ssh-channel.ts'
import type { SshSession } from './ssh-session.ts'
import type { Wire, WireEvents } from './wire.ts'

/** A connection that a jump host makes, as a Wire. */
export class ChannelWire implements Wire, ChannelEvents {
  #channel: SshChannel | undefined
  #events: WireEvents | undefined
  /** The host may speak first, before somebody listens. */
  #early: Buffer[] = []
  #over = false

  /** @throws TransportError unreachable, with the words of the jump host */
  static async open(session: SshSession, target: { readonly host: string; readonly port: number }): Promise<ChannelWire> {
    const wire = new ChannelWire()
    try {
      wire.#channel = await session.channels.openForward(target, wire)
      return wire
    } catch (error) {
      if (!(error instanceof ChannelRefused)) throw error
      const message = `could not connect to ${target.host}:${target.port}: ${error.message}`
      throw new TransportError('unreachable', message, { stage: 'connect', retryable: true, cause: error })
    }
  }

  listen(events: WireEvents): void {
    this.#events = events
    for (const bytes of this.#early) events.data(bytes)
    this.#early = []
    if (this.#over) events.closed()
  }

  write(bytes: Uint8Array): void {
    this.#channel?.write(asBuffer(bytes))
  }

  end(): void {
    this.#channel?.end()
    this.#channel?.close()
  }

  destroy(): void {
    this.#channel?.close()
  }

  data(bytes: Buffer): void {
    if (this.#events) this.#events.data(bytes)
    else this.#early.push(bytes)
    this.#channel?.credit(bytes.length)
  }

  eof(): void {
    this.#channel?.close()
  }

  closed(lost?: string): void {
    this.#over = true
    this.#events?.closed(lost === undefined ? undefined : new Error(`the jump host was lost: ${lost}`))
  }
}

import { Duplex } from 'node:stream'
import { TransportError } from '../core/transport.ts'
import { asBuffer, type ChannelEvents, ChannelRefused, type SshChannel } from './ssh-channel.ts'
import type { SshChannels } from './ssh-channels.ts'

interface Target {
  readonly host: string
  readonly port: number
}

/** A connection that a host makes for us (RFC 4254, section 7.2), with back-pressure both ways. */
export class ChannelDuplex extends Duplex {
  #channel: SshChannel | undefined
  #unread = 0
  #written: (() => void) | undefined
  readonly #events: ChannelEvents = {
    data: bytes => {
      if (this.destroyed) return
      this.#unread += bytes.length
      // A copy: what arrives lies in a buffer that the protocol may use again.
      if (this.push(Buffer.from(bytes))) this._read()
    },
    drained: () => {
      const done = this.#written
      this.#written = undefined
      done?.()
    },
    eof: () => void this.push(null),
    closed: lost => {
      if (lost !== undefined) this.destroy(new TransportError('closed', `the host was lost: ${lost}`))
      else if (!this.readableEnded) this.push(null)
    },
  }

  /**
   * Rejects with an error that has the system's code where the host told why it could not connect.
   * @throws TransportError when the host makes no connections for us at all, or was lost
   */
  static async open(channels: SshChannels, target: Target, signal: AbortSignal): Promise<ChannelDuplex> {
    signal.throwIfAborted()
    const duplex = new ChannelDuplex({ allowHalfOpen: true })
    // An open request can not be taken back: what comes of it too late is closed.
    const abort = (): void => void duplex.destroy()
    signal.addEventListener('abort', abort, { once: true })
    const aborted = Promise.withResolvers<never>()
    const told = (): void => aborted.reject(signal.reason)
    signal.addEventListener('abort', told, { once: true })
    try {
      const opening = channels.openForward(target, duplex.#events).then(channel => duplex.#attach(channel))
      await Promise.race([opening, aborted.promise])
      return duplex
    } catch (error) {
      duplex.on('error', () => undefined)
      duplex.destroy()
      if (error instanceof ChannelRefused) throw refusal(error, target)
      throw error
    } finally {
      signal.removeEventListener('abort', abort)
      signal.removeEventListener('abort', told)
    }
  }

  #attach(channel: SshChannel): void {
    this.#channel = channel
    if (this.destroyed) channel.close()
  }

  override _read(): void {
    this.#channel?.credit(this.#unread)
    this.#unread = 0
  }

  override _write(bytes: Uint8Array, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#channel?.write(asBuffer(bytes)) === false) this.#written = done
    else done()
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#channel?.end()
    done()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#channel?.close()
    done(error)
  }
}

const prohibited = 1

/** What sshd says of connect(2), in the C locale. */
const codes: readonly (readonly [RegExp, string])[] = [
  [/connection refused/i, 'ECONNREFUSED'],
  [/no route to host|host is unreachable/i, 'EHOSTUNREACH'],
  [/network is unreachable/i, 'ENETUNREACH'],
  [/timed? ?out/i, 'ETIMEDOUT'],
  [/not known|unknown host|no address|nodename|resolve/i, 'ENOTFOUND'],
  [/temporary failure/i, 'EAI_AGAIN'],
]

function refusal(error: ChannelRefused, { host, port }: Target): Error {
  if (error.code === prohibited && !codes.some(([words]) => words.test(error.message))) {
    const message = `the host makes no connections for others (to ${host}:${port}): ${error.message}; AllowTcpForwarding is off?`
    return new TransportError('error', message, { stage: 'session', cause: error })
  }
  const code = codes.find(([words]) => words.test(error.message))?.[1] ?? 'ECONNREFUSED'
  return Object.assign(new Error(`${host}:${port}: ${error.message}`, { cause: error }), { code })
}

import type { Clock } from '../core/clock.ts'
import { TransportError } from '../core/transport.ts'
import type { CommandEvents, RunningCommand } from './running-command.ts'
import type { ChannelEvents, SshChannel } from './ssh-channel.ts'

/** How long the other side may take to confirm that a channel is closed, before the whole connection is given up. */
const closingMs = 2000
/** How long a host may owe the answer to a question that every OpenSSH answers. */
const answerMs = 30_000
/** sshd needs a moment to give a new process its group; a signal before that is lost, so it is sent once more. */
const youngMs = 250

/** A command on a channel. It is over when the channel is closed, not when its status arrives: output may still follow that. */
export class SshCommand implements RunningCommand, ChannelEvents {
  readonly #events: CommandEvents
  readonly #clock: Clock
  readonly #giveUp: (error: TransportError) => void
  readonly #ping: () => Promise<void>
  readonly #onClosed: () => void
  #channel: SshChannel | undefined
  #attachedAt = 0
  /** Closed before its channel was open. */
  #unwanted = false
  #cancelClosing: (() => void) | undefined
  #cancelRepeat: (() => void) | undefined

  constructor(input: {
    readonly events: CommandEvents
    readonly clock: Clock
    /** Ends the connection. */
    readonly giveUp: (error: TransportError) => void
    /** Resolves with the host's answer, or when the connection is lost. */
    readonly ping: () => Promise<void>
    readonly onClosed: () => void
  }) {
    this.#events = input.events
    this.#clock = input.clock
    this.#giveUp = input.giveUp
    this.#ping = input.ping
    this.#onClosed = input.onClosed
  }

  /** The channel it runs on, once that is open. */
  attach(channel: SshChannel): void {
    this.#channel = channel
    this.#attachedAt = this.#clock.monotonic()
    if (this.#unwanted) this.close()
  }

  write(bytes: Uint8Array): 'sent' | 'held' | 'closed' {
    if (!this.#channel?.isOpen) return 'closed'
    return this.#channel.write(bytes) ? 'sent' : 'held'
  }

  endInput(): void {
    this.#channel?.end()
  }

  signal(name: 'TERM' | 'KILL'): void {
    this.#channel?.signal(name)
    this.#cancelRepeat?.()
    const ageMs = this.#clock.monotonic() - this.#attachedAt
    if (ageMs < youngMs) this.#cancelRepeat = this.#clock.timer(youngMs - ageMs, () => this.#channel?.signal(name))
  }

  /** The host answers in the order in which it was asked: what it had sent before the answer is here. */
  settled(): Promise<void> {
    return new Promise(resolve => {
      const cancel = this.#clock.timer(answerMs, resolve)
      this.#ping().then(() => {
        cancel()
        resolve()
      })
    })
  }

  close(): void {
    this.#unwanted = true
    if (!this.#channel?.isOpen) return
    this.#channel.close()
    const error = new TransportError('closed', 'the host did not close a channel that was closed here')
    this.#cancelClosing = this.#clock.timer(closingMs, () => this.#giveUp(error))
  }

  data(bytes: Buffer, stream: 'stdout' | 'stderr'): void {
    const held = this.#events.output(stream, bytes)
    if (held) held.then(() => this.#channel?.credit(bytes.length))
    else this.#channel?.credit(bytes.length)
  }

  drained(): void {
    this.#events.drained()
  }

  exitStatus(code: number): void {
    this.#events.exited(code)
  }

  exitSignal(name: string): void {
    this.#events.exited(null, name)
  }

  closed(lost?: string): void {
    this.#cancelClosing?.()
    this.#cancelRepeat?.()
    this.#events.closed(lost)
    this.#onClosed()
  }
}
